"""What non-Latin text costs in o200k_base: tables that were fitted against the real tokenizer.

Alphabets whose words stand between spaces have a price for each pair of letters, like Latin. Han, kana, Hangul and
Thai have a list of their most useful tokens instead, since a table of their pairs would be far longer.

The pairs were fitted by least squares on words weighted by how often people use them (film subtitles, news, software
catalogues), and on random and shuffled words; an estimate that is too low weighs 1.6 to 5 times as much as one that
is too high. The listed tokens of o200k_base are those that save most in such texts and in phone calls, without those
that neighbouring characters often break.
"""
# ruff: noqa: RUF001  # letters of other scripts look like Latin ones

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STEP: Final = 0.05  # tokens per step of a pair's digit


@dataclass(frozen=True, slots=True, eq=False)
class Alphabet:
    """The letters of a script, the prices of their pairs, and how prices of words depend on case.

    Attributes:
        letters: in lower case.
        pairs: a digit in base 36 for each pair: a row per first letter, a column per second letter; the last row is
            for the first letter of a word.
        lower: for words in lower case: the scale of the pairs, the threshold after a space, and the threshold
            elsewhere.
        title: the same for capitalised words; None for a script without capitals.
    """

    letters: str
    pairs: str
    lower: tuple[float, float, float]
    title: tuple[float, float, float] | None = None


_CYRILLIC: Final = Alphabet(
    letters="абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",
    pairs="""
i3284192c06444l8431f95276acmqf90dkagxbnkkn7mpanf7m77pbdn8n0hon620skb5hcloy7phii4ncamh6l77mbbbbpegojnm1gkmbhejnzalnha9ns4
lhalg4m7nj9mkiamojcf9jiillpz6h8de3hg7mcbd885859aoehmjmj4j9n8hikqzj5931ab5j3a554hd633oe7b9admstmmghmmrz8cml23kn4lfak3mnrj
jblkhdnoj8ejmgihkmy4e6d57ll7jhea94hcjhdnjejkjl1gjj3hghlya99750d2577767aa652nf7858lmopl40gligzkhmijjiqljmaidhpo6ckmiefkmk
lljlgkjinx3lagp6cl0ol5lb0n8705nl0nlllfqmlfi8imz5nrgm37q4ogcqa6qrbg8nmkonnm70k22geksz3kegl0kq5kd5aa56qdo6jicklkk3hgi1jdjn
z4mne95pn2reor52wp36a4q7khjn0bfb5ecnrzp1212434809235f8521k7aa989mpsfd0hmamz7mpkq2ln6jg6pb5f0fg8kigmmll5kijcifimz1hb7c22k
5kff766kk865m6ei8oj0bbc1hejly9i7pk7rs6u76dc59k90afc9ehsm72mc2agmqz6h0oi2qp8qeeib5m80jahnljnnm31kh5kempzb3360213h97676k53
43ek5b485hcki1cificxalljn5kl0jneln0lfka37ghmmlkimjkdhikmydrhkpgoqclpdv74ojmldpkiqpqmeejmhninoz8rhnp1rs0nmmrncsqppaqnkpro
o8jned87opz3lkhl0in3md8o7dnhn89ljfo9mh8gakiehinz7meho2ml0jebk7bjfmbcljgklmj95ihgfchlw7nnhl0hl0hjhjf8kjhg9iddjhmhiehha5kh
kvar7l7556cl653af67m6jljh2lplnmik0gjlmylb59g0kag0a61ci4b74ck09a9lhilfh3gfhlygchje6i0dedkf1fmo65hpick0ji6ih05fgjmyjla99hb
6j80196k87e0l939i8nllq7oemkjnzk5fk6hmgk6gibekpdj4knhd680jlphjgkhjozsabje7e7rgiedjsqgh9qq9gkffpouqfcnpqqzlobjlj88c6j885jq
fd5lqjjolmlkrkleilknze66f3h48g7edb6gic49kh38b8khgkg76gb6kvlpbnqkppilplm5kqpmplmhkpomknqkofimfozdjijkdhkefii5bhjki3ekggik
kgkjh0afi0kvpurttmpupqsptsouturprqntsupqsprmqoqtz95575c992c8a78756358769abgsiz4d4cf5dp""",
    lower=(1.00, 0.43, -0.09),
    title=(0.94, -0.32, -0.46),
)
_GREEK: Final = Alphabet(
    letters="αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊ",
    pairs="""
micgrjnd2fgi2dkacg39dajimkli9mgji4lk78nnjak8iglaheodfoklig2gjjmlhj8jkf2k9h8bd41m8h2ndemjdi48d24idejesrk8q0m0qoonq7ngujk7
qqqhhf0ddbfoml7amlog2bfi7el9bm2adigjdkmk6kbmlkklf8k0gelhjfkdgioegmijhhhja0jiihomijlnjflafb8nolaf3cppejlmmjmlnkj8oqi0p1mk
pj96p7ldril7oooml22mkbjm9ikbepkemajeamaknf7ftghnf8ndomqgn2llb0m3e3jflhm3ebpea8ikkn0e2c147k5rpf1n1k1n6fkm1mkohjeohk632236
05i03tk0p5o6opahq0bmsjmj0mlm20162ngqbpngbpcgepmogqamorihspom8eefieogmaklf1j0idjigelcghmedmjkidgjffi0hiogaeloci5fef5lk7ah
1b5ggknlmhcm5mg6nqj6ral2ognjr0m5tkemonof48975pon0m0k3s0d0eojdm0llqjkglbn207316b2p3glc0j0g09g8fj4dh8d30e5h3fh8172bhrttnqr
roqrppouqpovklxsoprqroqpsqs0pum2p1o0spror4menlm9ppp23937428ph8cejij9fig70bj88g45mjegjgk5hijgi3nne8n8e6lhhkm0jjpfi3jlk6a4
095dhk4lng0mdk5lnk9mbj4qfj9oml5ef1bh62llmnf2l0iiljjhnhhkpfglkkjkklhjknhkmmkjmmkgimlh0mk6dg0dpnklkindjjljjnjkclcncklcm7km
chjfhpigimkmjknmmlclmafjkghbgi0fcgbj0hpi9fjhnhjkkjkppmemrnfmlnhhpoifh7juqlrpkplknnnm6oodi15hidlg8n8cnhaaqlhmkknjnmpknml8
chkmekhgd9pkfig17qmjkkjljlkmjmlojdgljhijke4lgkihbapkkhijlhjikhiomqplllfiqnj1pm7eg1hpmlnlklkmnllklmoikmkhjhljhmmiiofhnmji
llkhjfnlk9glb9hegqejgekf9yftffiehhegfgdhfy""",
    lower=(1.00, 0.58, 0.30),
    title=(0.95, -0.14, -0.29),
)
_HEBREW: Final = Alphabet(
    letters="אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    pairs="""
kgff79bbg97o88gcdgigdmpi8868ie738fb95kg7je7gc5mhmha4a4h9k689mmi8jn83lail8jnmnh8d8fdjj8afmk7jmf5lcll7lolnh7bbgkjhikhiifln
hckmnifnmpkjegaa9c54dfaba8f55e4ca89dcb9390ekhi1akjhbghbfe8kkejmlla7aihbf447cli7jl7kibidgknjla375gjlmdfmfkbjkfiocnmekmknj
beecch86aed897g80h7bdadigfa6a6jnlmmjonlglnkkpnopimqnollol3bga155f641k00e098aiilmi370dgjc4cifb9aje7jgiidmifjcei9knmkmloom
jlpmkqnopjlpnolmpl79b404c8535d6gg0b23icj62200gkijihkjifimhgnklkginkmhhmiah8803ld21hfd4e9j78ihke8fa2gfee7cii48hjd8jakkbbd
jkaaj6icic8bgn6bll99kbgchmnncc7eailkklhlmjgjnjiomnohlolmjjnj9idh13kb33gk5fl3f83hkii8042hhjljgmnjdimgiokllhjmkmihmgacf846
ih64il5gg6jl8hfkkg5j5aejc7alk7bilcinclf9lmlii6deagghbdmhcbdhijnhlgemmejiigb9cij2aje97fi6bhldjakiklf5i7glhlcgqfmchpgejlko
inmmreekk99ff0dgeddxg5wezgfayhziecb9""",
    lower=(1.00, 0.85, 0.56),
)
_ARABIC: Final = Alphabet(
    letters="ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيّ",
    pairs="""
jmnmmnbk9ljkkikliikmjjhljnhfkkifikkikklmmmldfh8ffj7fkegghkkimgjgllfe1ijkijmmnmrnha089dccdo9i7eblanae8fbb74ahnelklmlnl9fe
dfikidjdgahkjgiiihhjbegj8hdiknkmnnfedmd9iiaeah5kdbci7jagk792ljlfjhilkkk6d0af8fibg5dihfgcidihbic67f900f4zziz6n673a9cc7g4e
9g9abe7l89j054ahqesmoeuis9f7dmkcn8l6kdjllcoajjekbcbdie8ppststsqoktnpspqroqtrqqppqtqorvrnqtosqlneiroabmgfbb8dm8fegag8i6ia
afd69bdffmnorqrr8d5lmmmnmp9mlonnlmoqobq979kinbompqqrq6d57lmpo4ka8gpmnknbnkko9188enaolmompo88335ell0l7c8kb9gmklb4a948bbl7
lnnqqop4701jkll0c5ehe4l6mkk8im56iaao8mnpgpqt9i3gcongfl8lglppmofm9ejg98eea8nlmmmpp1a4aj5kjmj8kklkiilkm1j73h94hh5inmgiqf99
4dmfhlfnjidkjchlgjdfdjg6def9ogooqoq9a3lkknkcnbbnflljmfnlipc89cda6kopgesn8321kbmkenakclmo1o9negc899ade7okkhkli4418ihc77l0
ijbkj9k9h6a8c676d5blllmmpr941hkj5mal6jjljkhjgf7lm7a5j9a9kklporq6c8kikfldl8kknmkjm8fmkkc6ifdl9lnpoqqq873ommiojm6ijonmcmbp
85l9d6ffmbnmnlmno5i0jikmkhk6iilnkhkilhhmb6m4il8jnpsoqoa84adlmn6p3fckj5jimpkgm476efcbpmmonmm982gihikeh3gclmh5mjljij83c8jm
1kpolqgqae39kjdpko6i9ml9j7emjdhdeadh9amppqstr8a3ajlmm6q8lfnefbn8odcpafffe9anlojolo64011jmj7c89dfmkflgmhjl650ac76jmh6r6p7
a58abbe8h7g9defam7e9aa849ce89kqprcus9b4efbehcpagcddjem9hfegad7eejcnnnqqrp8e89lhhkdniebhhpfbep9eioecabfaolmpcll5d9hhdjl98
7fkkjkilkfjije56cdhbkbg8oco4466a5bc48069eb9764a73c0328g67nlllnnldjcaihilil74jjmlhkiligja97mhkblloggqj6a0abbbb7e4cbgegdk5
kc5d864acmcijmplnn8h06iikk8l5gjjmmhkjklil9644j29ky96z6i02r4b9bb6f6d9cbbbd6g66c716d8x8x""",
    lower=(1.00, 0.81, 0.40),
)
_DEVANAGARI: Final = Alphabet(
    letters="ँंअआइईउएऔकखगचछजटडणतथदधनपफबभमयरलवशषसह़ािीुूेैॉोौ्",
    pairs="""
lgmmijnkljfdepmmihnnohilhijlhmmdkokqlhghijgmllkfqkrqoinnkc94bvdacm3e494cp2anhkp9erdesljkpnlonolik9llmhikkbh54mlmjkcgf245
ecbbsaedgqlengijklglljlichklj0dgijgarnemif5lbbc5gerid6c7lqeplhkimjjmnlofm6loljlnljnmeqnehk0pli6plonimj4goq0mohfkkihmmlnj
lhqllklnlqnolsoollnlmhikknkjkqdimqoknhhkpmhrommjkdmoknlllkmncuhdjj6t7n08ljr5mt8jns1ioggkkjhnollfgcnnmoklo8ma9pflekiljk9k
2jm3eo64ps5fojgknnjponoijinllhlhkknlmmfklhhkfijkjhkkh6mikskjoefglliomkkgmdnmmejlmnokoonddlbhjkeckde9o19dnui4s236ji2e9be3
ndolikklnblojmqmikakjj7okdljobljmklkg8bj9h5mmelaljpskdqdlimmlosnmd9nhjlllphjb8dgnqgft7h9if8npei8pnpnonrmnhqnmpoomojoml6l
lklfba8fprmpq774cq6epfg3kgnkjglihkijillhfjhlhidmfjihhkbjkonci8hcgp9fm2ignimllmnkmjn9imokmiimja2bl2ofc58cppc2c351j84bnam5
minpojnmmfomkolljigpmjcmfimhm7dbnoljmbf7ohbfogk6plnqnmnomioqmpoljonommpplllqjlakpwno1b9brqbpgzqdnkpplnpmsmnkjmnmiljnknhj
lmpofomgonklr9laqmcpolmblbtqnjqoobrodrmoolifgnammfi8h7efttifs487di3fqii5kklmkhnkkmllimljmjjjkcbiihj0kskhmnkkq059il7njbl8
nortnppopip8oqpmmopqipcqoio7l9beitipub95kb1gr6dbpoqtmjrmqmqoqsqnlnktkngqmonipbolnspmr485mterngobmkqqjanioengnqlhjmipkljs
nqoeijjepqggo898dp5kudeamkpplmocmalrojodbb5tji3nl9pi67esljf0q7h796eho9j0ooqnmkonotmmltoqlnnnklolknomljbjpsnngfccomhhukqd
pdnrmiqoomtocqhoboak9r7sonnojaairr7goaa6kk9fehp8llonmmlgkfm0jnmjljooljjnhmnmlbl9nlqon480labpkbpao5rooiumpgobhrepim8qdbcn
lkmoofhfhrl6r6a3cg4agec6p7rsnkonn7onorqknidq9jbemon8jak7qui0q5m9dg6qn7pplfklkmmilddrlprll8anf5dhahfdflgfehg9q9a3if6oreq6
linopjnlmil5irllclanjl9mn6kl4lofqmmlm8a7sm5hgbf9rdvvsorusloomtijmucqrhadqoqlo89idwf7u652fs9greqcnmnmjkjkjbmkjmnmjikmkk4n
jajmld7ilpqfn7c38pakmgs3ifliefgfjbifghlhe6fhaghjddhbcfghgkhgi5agfj2hhbg0h4qnmlrknatoknomhliqcmafa603k7birsier5b9ed3pwck2
rorrnlroojopgrkekl4inkdomml2g8agqsinn8837l6ii4nmjeilgiiiigkhhnhffigkjfhjhgkjhdijhkfgkadaig8mjdke89xv5bb3rgbbff9hea98ba4f
b7la9267i1b7xizmnojplomldbxxcru7r28fe1c8m04f505fpea842043c59rnmrpqlrprpnngplojjgihjncdiidddmbadnjkoh9chgqtflpjhmmmlqokpi
25f6rao3m30al7a631ap510a5443j035bc4lofhkkljnmmliccnhkkogmdhm8ee6ak9j0e64j6j4l04glp18nefhjjhmmikgm6lqnlmklfbbiqjbgn7oamde
mcogefcd8ccgqjkjmnjoplmli1klhcjjibldeoikfdcm7j7migg6072iio2iobceihejihkbhhkjkelij5k9gii5bigojf570kjk372gjphkncdifiiklhnd
m0mminiljci0bl767kan627bicjfk65lceabpehgllilljjj1aklmhjinclmkofbdh2ihh4lifkjn4cimnfhkfdiilkkmflfryzuuqwsrchc40i3813030c9
7ee500a7a0d2wstruupswwoouz104806a45369255u5a2510113251305z03xjzwzzezyzyz""",
    lower=(1.00, 0.66, 0.07),
)
# Alphabets by the blocks of 128 code points in which they have letters.
ALPHABETS: Final = {
    ord(letter) >> 7: alphabet
    for alphabet in (_CYRILLIC, _GREEK, _HEBREW, _ARABIC, _DEVANAGARI)
    for letter in alphabet.letters + alphabet.letters.upper()
}

# Frequent words that are one token after a space, but more by the prices of their pairs.
FREQUENT_WORDS: Final = """
а в з и к о с у я і й або але будь было вам вас ваш ваша ваше вашу вже вот все вы від він да день для до добре его если
есть ещё за завтра заказ из його как когда конечно мене меня мне могу можно мы на не нет но номер нужно он от по
пожалуйста помочь понял потому про просто під сегодня спасибо та так то тоже только тільки уже файл хорошо хотел це
цього что ще що это як якщо які η ο έγινε ένα έτσι έχει έχουν ήταν ακόμα αλλά αν από αυτή αυτό γίνεται για γιατί δεν δύο
είναι είχε εδώ ζωή θα κάνει και καλά κατά κι κυβέρνηση λίγο λοιπόν μέσα μία μας με μετά μη μην μια μου μπορεί μόνο νέα
να οι ομάδα οποία πιο πολύ που πρέπει σήμερα σας σε σου στα στη στην στο στον τα τη την τι το τον του των τώρα υπάρχει
υπάρχουν χρόνια όλα όταν ότι όχι ώρα אבל או אותו אז אחד איך אין אל אם אנחנו אני אפשר את אתה ביותר בין גם דבר הוא הזה היא
היה היום הייתה הם הרבה ולא זאת זה זו טוב יהיה יותר יכול יכולה יש ישראל כבר כדי כי כך כל כמה כמו כן לא להיות לו לי לך
לעשות לפני מאוד מה מספר ניתן נראה עד עוד עכשיו על עם צריך רגע רוצה רק שאני שהוא של שלא שלו שלום שלי שלך שם תודה و أخرى
أكثر أن أنا أنت أنه أو أي أيضا إذا إلى اسم الآن الإنجليزية التي الذي السعودية الله المتحدة الناس الولايات اليوم بشكل بعد
بين تكون جدا حتى حيث خلال ذلك رقم سوف شيء عدد على عليه عن عند عندما غير فقط في فيما فيها قبل قد كان كانت كل كما كيف لا
لدي لديك لم ما مثل محمد مع من منذ موعد نعم هذا هذه هل هناك هو هي وهو يا يجب يكون يمكن يمكنك अपने अब अभी आज आप आपका आपकी
आपके इस एक और कर करने करें कल का कि किया किसी की कुछ के कैसे को कोई क्या गया चाहता चाहिए जी जो तक तो था थी थे दिया द्वारा धन्यवाद
नंबर नहीं नाम ने पर बहुत बात बाद भारत भी में मेरा मेरी मेरे मैं यह या ये रहा रही रहे लिए लेकिन सकता सकती सकते समय सरकार साथ से ही हूँ हूं है हैं
हो होता"""

# Characters outside the tables: those that cost one token, and those that cost one token less than they have bytes.
# Any other character costs a token per byte.
ALONE: Final = (
    "\u0386\u0388\u038c\u0390-\u03a1\u03a3-\u03a9\u03ac-\u03af\u03b1-\u03ce"  # Greek
    "\u0401\u0402\u0404-\u0408\u040e\u0410-\u044f\u0451-\u045c\u045e\u045f\u0561-\u0587"  # Cyrillic, Armenian
    "\u05d0-\u05ea\u060c\u061b\u061f\u0621-\u063a\u0640-\u0652\u0660-\u066c"  # Hebrew, Arabic
    "\u0905-\u090a\u090f-\u0911\u0913-\u0928\u092a-\u0933\u0935-\u0939\u093c-\u0943\u0947-\u0949\u094b-\u094d"  # Hindi
    "\u0964-\u0970\u0e01\u0e02\u0e06-\u0e0b\u0e0d-\u0e11\u0e13-\u0e25\u0e27-\u0e39\u0e40-\u0e44\u0e46-\u0e4d"  # Thai
    "\u10d0-\u10f0\u1ea0-\u1ea9\u1eab-\u1eaf\u1eb5-\u1eb9\u1ebd-\u1ec3\u1ec9-\u1ecd\u1ecf-\u1ed5\u1ed7-\u1edf"
    "\u1ee1-\u1ee9\u2009-\u2011\u2013-\u2015\u2018-\u201a\u201c-\u2022\u2026\u202a-\u2030\u20ac\u2122\u2190-\u2193"
    "\u2212\u2264\u2265\u2500-\u2502\u2713\u2714\u3000-\u3002\u3007-\u3012\u3041\u3042\u3044\u3046-\u3048"
    "\u304a-\u3061\u3063-\u306b\u306d-\u3073\u3075-\u3079\u307b-\u308d\u308f\u3092\u3093\u30a1-\u30a4\u30a6-\u30c1"
    "\u30c3\u30c4\u30c6-\u30cb\u30cd-\u30ed\u30ef\u30f3\u30f4\u30fb-\u30fd"  # punctuation, kana
    "\uff01\uff05\uff06\uff08-\uff27\uff5e"  # full-width punctuation and digits
)
CHEAPER_BY_ONE: Final = (
    "\u0900-\u0fbf\u1000-\u10ff\u1200-\u137f\u1e00-\u1f7f\u2000-\u233f\u2440-\u26bf\u2700-\u27bf\u3000-\u317f"
    "\u4e00-\u5d3f\u5dc0-\u6abf\u6b00-\u877f\u87c0-\u87ff\u8840-\u977f\u97c0-\u9bbf\u9c80-\u9cff\u9e00-\u9fbf"  # Han
    "\uac00-\uad7f\uadc0-\uae7f\uaec0-\uaf3f\ub000-\ub1bf\ub200-\ub23f\ub280-\ub37f\ub3c0-\ub47f\ub4c0-\ub53f"  # Hangul
    "\ub580-\ub5bf\ub680-\ub6bf\ub700-\ub87f\ub8c0-\ubabf\ubb00-\ubb3f\ubbc0-\ubc3f\ubc80-\ubd3f\ubd80-\ube7f"
    "\uc040-\uc2ff\uc340-\uc37f\uc500-\uc7bf\uc800-\uc93f\uc980-\uc9ff\uca40-\uca7f\ucc00-\ucd3f\ucd80-\ucdbf"
    "\uce00-\ucf7f\ucfc0-\ud1bf\ud200-\ud23f\ud280-\ud33f\ud380-\ud3ff\ud480-\ud4bf\ud500-\ud6bf\ud740-\ud77f"
    "\ufb00-\ufb3f\ufe00-\uffef\U0001f000-\U0001faff"
)

# Characters that cost one token each: the most frequent half of these Han characters, and the Hangul syllables that a
# space before them does not break into three tokens.
CHARACTERS: Final = """
一丁七万三上下不与专且世业东两並个中串临丹为主丽举久么义之乌乎乐乗乘九也习乡书买乱乾了予争事二于云互五井亚些亞亡交亦产享
京亮亲人亿什仅今介仍从仓他付代令以们件价任份伊休众优会伝传伤伦伯估伴伸似但位低住体何余佛作你使來例供依侵便係促俄保信修俺
個倍們倒候借値值假偏做停側備储傳傷像僕價億優儿允元兄充先光克免兒党入內全兩八公六兰共关兴兵其具典养兼内円再冒写军农冰冲决
况冷几処出击函分切刊刑划列则刚创初判別利别到制刻則削前剧剩副割創劇力办功加务动助効势勇勒動務勝勢包化北匹区医區十千升半华
协協单卖南単博占卡卫印危即却卷厂历压厚原去县参參又及友双反发取受变口古句另只叫可台史右号司吃各合吉吊同名后向吗君否吧含听
启吸告员呢周味呼命和品哈員哥哦哪唱商啊問啦善喜喝單嗎嘛器四回因团园囲围固国图圈國園圖團土圣在地场址均坏坐块坦型埃城域基堂
報場塔塞填境增墨士声売处备変复夏外多夜够夢大天太夫失头奇奖套奥女奴奶她好如妇妈妻姆始委威婚媒嫌子字存季学學宁它宇守安完宗
官定宝实実审客宣室害家容宽寄密富察實寫寶对导対封射将將專尊尋對導小少尔尚尝就尼尽尾局层居届屋屏展属山岁岛岸島川州工左差已
巴市布师希帝带師席帮帰帶常幅幕干平年并幸幼广序库应底店府废度座庫庭康廣延建开异弃式引弟张弱張強弹强归当形彩影役彼往征待很
律後徒得從御復微德心必志忘忙快念忽态怎怒怕怖思急性怪总恋恐恩息您悪悲情惊想意愛感愿態慢懂應成我或战戦戰戲戶户房所手才打托
执扩批找承技把抓投抗択护报抱抵押担拉拍拒招拜拿持指按挑捕损换据授掉掌排掛採探接控推描提插換握援搞搭摩撤播擊操據支收改攻放
政故效救敗教敢散数整敵數文斗料断斯新方於施旁旅族无既日旧早时明易星映春是显時晚普景智暗暴曲更書曼曾替最會月有服朗望朝期木
未末本术机杀权李材村束条来東松板极构林果枪架某查査标树校样核根格框案档梅條梦检森検楚業極楼概構様樂標模樣橋機權次欧欲款歌
歡止正此步武歲死残段殺母每毒比毛毫氏民气気氣水永求汇汉江池決沉沒沙没河油治況法波注泰洋洗洛洲活派流测浪浮海消深混清減渡温
測港游湖源準滑满滿演漢潮澳激灣火灵炸点為烈热無焦然照熟熱營爆爱父片版牌牙牛物特犯状狂狗独率玉王玩现班現球理瑞環瓦生產産用
田由甲申电男画界留略番異當疑病痛療発登發白百的皆皇皮益监盘盛盟監盤目直相省看県真眼着睡督知短石码破硬确確碼示礼社祖神票禁
福离秀私种科秒称移程税種稱積空穿突窗立站竟章童端競笑符第等答策签简算管箱節篇築簡籍米类粉精系紀約紅納紙級素索紧細終組経結
絡給統絶經続維網緒線編縮總續红约级纳线组细终经结给绝统继维缓编缩缺网罗罪置署羅美群義習翻老考者而耳职联聚聞聯聲職肉股肯育
背胜胸能脚脱脸自至致與興舞航船良色艾节花苏若苦英茶草药荷莫获菜華营萨萬落葉著藏藝處號血行術街衛衣补表被裁装裏補裝製西要覆
見規視覚親觀见观视角解触言計訊討記設許証評詞試話誌認語說誰調談請論講謝證識警議護讀變讓计认让议记讲许论设证评识词译试话该
语说请诺读谁调谈谷象負財貨責買費資質購贝负败货质费资赖赛赤走起超越趣足跑距跟路跳踪身車軍転較載輪輯輸轉车转轮轻载较辑辞辦
農边込达过迎运近返还这进远连迪迫述迷追退送适逃选透逐递途這通速造連週進逼遇遊運過道達違遗遠適遭選避還那邦郎部都配酒醫里重
野量金錄錯鍵钥钱铁销锁错键镇長长門閉開間関關门问间队防阳阻阿附降限院除陷陽隆隊階随隔際障难雅集雙離難雨雪零雷電需震露青静
非靠面韓音響頁項順須預領頭題額顔願類页项顺顾顿预领题额風风飛飞食飲養餐馆首香馬驗马验骨體高鬼魔鱼鲁鲜麻麼黄黑默點鼓鼠龍龙
가각간갈감갑값강같개객거건걸검겁것게겠겨격견결겼경계고곡곤골곳공과관광괴교구국군굴궁권귀규균그극근글금급기긴길김까깔깨꺼
꽃꾸꿈끄끌끔끝끼낌나난날남납났내낸낼냈냐냥너널넘네넷녀녁년념녕노논놀농높놓누눈뉴느는늘능니닉닌님닝다닥단닫달담답닷당대댓
더덕던덤데델도독돈돌동돼됐되된될됨됩두둘뒤드득든들듯등디딩따때떠떤또뜨뜻라락란람랍랑래랙랜램랩랫략량러럭런럴럼럽렇레렉렌
렛려력련렬렴렵렸령례로록론롤롭롯뢰료루룸룹류률르른를름리릭린릴림립릿링마막만많말맛망맞매맥맨머먹먼멀메멘며면명몇모목몬몰
몸못무문물뮤므미민밀밍및바박밖반받발밤방배백버번벌범법베벤벨벽변별병보복본볼봉봐봤부북분불붙브블비빈빌빙빛빠뿐사삭산살삼
상새색생샵서석선설섭성세센셀셔션셜셨소속손솔송쇄쇼수숙순술숨쉬쉽슈스슨슬슴습슷승시식신실심십싱싶싸써쓰쓴씀씨씩씬아악안않
알암압았앙앞애액앤앨야약양어억언얼엄업없엇었에엔엘여역연열염였영예오옥온올옵와완왔왕왜외요욕용우욱운울움웃워원월웠웨웹위
윈유육윤율융으은을음응의이익인일읽임입있자작잔잘잠잡장재쟁저적전절점접정제젝젠져졌조족존좀종좋좌죄죠주죽준줄중줘즈즌즐즘
증지직진질짐집짓징짜짝째쪽찌찍차착찬찮찰참창찾채책처척천철첨첫청체초촉촌총최추축춘출춤충춰취츠측층치칙친칠침칭카칼캐커컨
컬컴컵케켓켜코콘콜콩쿠큐크큰클큼키킨킬킹타탁탄탈탕태택터턴털테텍텐텔템토톡톤통퇴투튀튜트특튼틀티틱틴팀팅파판팔패팩팬퍼페
펴편평폐포폭폰폴폼표푸풀품풍퓨프픈플피픽핀필핏핑하학한할함합항해했행향허헌험헤혀혁현혈협형혜호혹혼홀홈홍화확환활황회획효
후훈휘휴흡흥희히힌힘"""

# Tokens of several characters, by length and without separators: Chinese in both scripts, Japanese, Korean, Thai.
SEQUENCES: Final = {
    2: """
กรกลกำก็คนครคลควคำค่จนจะจำชนชีซีณะณ์ดำดิดีดูตกตรตำติต์ทรทำทีธีนอนะนำนิบทบนบรบุปรปลปีผลพบพรพลพิพูมนมหมัมิมียะย์ระริรีรุร่ร์ลงละลีวกวงวดวนวยวัวิสงสนสมส
รสะสำสิสีสูส์หนหมหลหวอกองอดอนอบอมอยอลอสักังัญัดัตันับัพัมัยัวัสากาคางาจาณาดาตาธานาบามายาราลาวาศาสาะำนิกิงิดิตินิบิปิมิลิวิสียี่ี้ึกึงือุกุงุดุบุมู่เกเขเคเจเฉเชเซเ
ดเตเทเนเบเปเพเมเยเรเลเวเศเสเอแกแจแทแนแพแฟแมโกโตโนโยโรโอใจใชในไขไปไร็ก็น็บ่ง่น่อ้ง้น้ม้ว้ำあとありあるいいいういたいついていやいるえ
てえるかなからかわくだくらこうここことこのこれこんござさいさてされさんしいしかしくしたしてしましゃじゃするぜひそうそこそ
のそれたいただためたりだけちゃったってっとっぱてもできですではでもとかとなとのとはともどうないながなくなしなたなどなのな
らなるなんになにはにもによのでのみはいへのほどまあますまずませまたまだまでまりもうもしものようよりれてればれるんなアイア
ルアンイスイトイブイルインウェウンカーキャキークトクラクリクロコンザーシャショジェジャジュジョスクスタステストスペスマセ
ンタイタンターダーチャックッチットッドップティテンディドラドルナルナーニメニーバーパンファフィフェフォフトブラブルプリプ
レプロベルマンマーメリューユーライラスラムランラーリアリンリールトレスレンレーログロンローングンスンタントンドンプーカー
クージースーズーターデートードーバープームールーン一下一个一些一定一样一次一点一直一种一般一覧一起丈夫三个上午上海上的下
午下来下载不了不会不到不可不同不好不断不是不用不能不要不过不错专业世界世纪东西两个严重个人中国中國中央中心中的为了主义主
席主要主题举行之一之前之后之间了一了解予定予約事件事务事情亚洲交通产业产品产生人口人员人民人的什么今回今天今年今日今晚仕
事他们他的付き代理代表以上以下以及以后以来价值任何任务企业企業优惠会社会议传统但是位置作为作品你好你的使用來源保护信息信
用修改停止儿童允许先生入力內容全国全球全部公司公開共同共和关于关注关系关闭其中其他其它具有内容内部写真决定准备几个出来出
现函数分别分析分钟列表创建删除利用制度办法办理功能加入努力動画包含包括北京区域医生医院十一十二协议单位印度历史原因参与参
加参数发展发布发现发生发送取り取得取消受到变化变量另外只是只有可以可是可能台湾号码各种合作同时名前名字名称名稱后的启动告
诉咨询哪里唯一商品問題喜欢回来因为因此国内国家国际图片圖片地区地址地方城市基本基础場合場所增加处理変更复制多个多久多少大
学大家大小大阪失败女人女子女性好き好的如何如果如此妈妈姓名娱乐媒体字段字符存在学习学校学生学院孩子學生安全安排安装完全完
成完整官方定义实现实际客户宣布家庭容易密码对于对象対応小姐小时就是届け属于属性工业工作工具工程左右已经市场市場希望帮助平
台年代年的应用应该店舗建立建筑建议建设开发开始开放引用当に当前当然形式影响很多得到微信德国必要必须怎么怎样思想总统恢复您
好您的情况情報意义意味意思意见感じ感觉成为成功成员成立我们我們我国我的我要或者战争所以所有手机手機才能打印打开払い执行找
到技术投资报告担当拥有指定排序接受控制描述提交提供提出提醒搜尋搜索操作支付支持收到收费改变改革放心政府政治政策故事教育数
字数据数量文件文化文字文本文章新的新聞新闻方便方向方式方案方法方面旅游无法日志日時日期日本时代时候时期时间星期昨天昨日是
一是不是否是在显示時計時間晚上普通曜日更新最后最大最好最後最近最高月份有人有关有效朋友服务服務期待期间期限未知机会机构权
限条件来源来的来自来说東京查看查询标准标签根据格式检查検索楽し模式欢迎正在正常正确比赛比較比较民主水平汽车沒有没有法国法
律注册注意活动活動消息添加游戏满意無料然后照片爸爸版本特别状态状態环境现代现在現在理由理解甚至生产生成生日生活產品用于用
户由于申し申请电子电影电脑电视电话男人画像番号登録的一的不的人的大的是的话目前目录目标目的直接相信相关相談相關看到看看真
正真的知ら知道短信研究确定确认確認社会科学科技移动程序空间窗口符合第一第三第二等待管理类型精神系列系统紹介終了結果網站组
织经济经营经过经验结束结构结果统计继续综合缓存编码编辑网站网络美国群众老师考虑联合联系能力能够自动自己自然自由至少艺术节
目英国范围获取获得虽然行为行动行政表现表示表达要求見る視頻规则规定视频觉得角色解决解析解释設定読み计划计算订单认为认证认
识记录记者设备设置设计访问语言说明请求读取调查谢谢資料資訊質問購入负责购买费用资料资源起来超过足球路径身份转换软件输入输
出込み达到过去过程运动运行返回还是还有这个这么这些这是这样这种这里进入进行连接追加退出退款送り选择通知通过造成避免那个那
么那些那里邮件部分部门配置酒店重复重新重要銀行银行链接错误长度開始问题附近限制除了集团電子電影電話需要非常非法革命韩国音
乐项目预约预计领导香港马上验证默认가능거나그램기가기를까요까지네요는데니까니다대로도록되는되어되지들이라이라인러스레이리
가리를메일번째보다부터사용세요수를스를스크스템스트시아에게에는에서으로으며으면이가이나이다이블이스이어이터이트인지자가자
는자를적인정보젝트지는지를지만치를파일프로하게하고하기하는하려하면하여하지한다해서해야했다현재""",
    3: """
กระกันกับการกิจกินของข้อคิดคืนคือคุณคู่ค่ะค้างานจักจัดจับจากจีนชายชุดฐานดังดับดาวตรงตรีตอนตอบตัวตามติดต่อต้นถอนถามถึงถือถูกทธิทันทางที่ทุกนักนาดนายนี่นี้น้ำบริบั
ญบางบาทบายประผิดผู้พระพักพันภัยภาพมันมากมาตมือยังยายรวมรองรักรัฐรับราชรายราะริมรียรู้ลองลอดลังลูกวันวิทสดงสองสอบสามสายสารสาวสินสุขสุดสูงส่งหมดหัวหั
สหารอร์ออกอินอีกักษังกังคัจจัตรัติันทั่งั่นั้นาชนายุารีาร์ิร์ิ่งิ่มียงียนียบียวี่ยี้ยึ่งือนื่นื่อื้อุ่นุ่มเจ้เร็เลขเลยเหมเหลเองแก่แตกแต่แบบแม่แรกแรงและโดยโทรโปรโรงโลกใช้ใต้ให้
ได้ไทยไม่ไม้ไว้ไหน่วย่อง่อน่อย่าง่าน่าย้อง้อน้อม้อย้าง้าน้าม้าย้าวあなたいただいますお願いかったこちらことでこれはさらにされたしかししますし
ょうするとそこでそしてその他そんなだからちゃんつまりでしたですがですねですよというところとしてましたましてませんまとめも
っとりますアウトアップカードキャンケットゲームコードサイズサイトションジャンスターセットタイプックスッシュテレビトップニ
ューニングネットバックビューフォンページホテルホームメントメールモデルライトライブラインランドリンクリングロードーカーー
ティーブル下さい不存在为什么互联网例えば俄罗斯共产党共和国初始化办公室加拿大合わせ国务院委员会字符串客户端怎么办怎么样情
况下我们的数据库是不是有没有服务器的数据的软件第一次自己的身份证进一步됩니다립니다밀번호사이트습니다십시오에서는입니다적
으로주세요페이지하거나하세요하지만합니다""",
    4: """
กรณ์กรรมกลับกลางก่อนขั้นขึ้นข่าวข้องครับความง่ายจริงชื่อช่วงช่วยช่องซื้อด้วยด้านตรวจตลาดตั้งต่างต้องทั่วทั้งท้ายธรรมนั้นบ้านประกประชผลิตผ่านฝ่ายพื้นระบบรักษร่วม
ร้องร้านลี่ยล้านสถานส่วนหญิงหนักหนังหมายหรัฐหรือหลักหลังหลายองค์อยู่อะไรอื่นอ่านาการาของาที่ายในารางียร์ี่ยวื่องื่อนเกิดเงินเซียเดินเด็กเติมเต็มเปิดเป็นเพลงเรี
ยเร็วเล่นเวลาเสียเหตุเห็นแกรมแบ่งแล้วแห่งใหญ่ใหม่ありますいっぱいいましたくださいしましたちなみにていますできますでしょうについて
もちろんよろしくりましたアクセスイベントクリックコメントサービスシリーズスタッフタイトルチェックッションッピングニュース
フィールフォームブラックポイントーション有限公司株式会社드립니다라마바사았습니다었습니다였습니다출장안마하십시오했습니다""",
    5: """
กล่าวการณ์ครั้งจำนวนชีวิตฎหมายณะที่ที่จะพร้อมพันธ์มนตรีระดับศัพท์สร้างหนึ่งหว่างอย่างอาหารืนยันเข้าสเดียวเดือนเตอร์เบียนเปอร์เพิ่มเพื่อเมืองเมื่อเรียนเลือกเสียง
เหนือแลนด์ในการไม่มีありがとうありませんがありますこんにちはございますしていますっていますになりますオンラインランキング問い
合わせ되었습니다""",
    6: """
ข้อมูลครงการทั่วไปที่สุดบริการบริษัทประมาณประเทศประเภทรัฐบาลรั่งเศรายการวันที่วันนี้ศาสตร์สมาชิกสามารถสำหรับอลลาร์อังกฤษาทิตย์ี่ปุ่นเกี่ยวเที่ยวเรื่องได้รับไม่
ได้่านั้นされていますしてください""",
}
# Tokens that begin with a space, by their length after the space: Korean and Thai.
SPACED_SEQUENCES: Final = {
    1: """
กขคชนปพสอแ가각간감값강같개거건걸검것게결경계고공과관교구국군권규그글기길김까꼭끝나날남내너네년노높누는니다단달당대더데도
돈동되된될두뒤드들등디따때또라레로를리마만많말맞매메면명몇모못무문물미및바반받발방배백버번범변병보복본부분불붙브블비빠빨
사살상새색생서선설성세소속손수순숫쉬스시식신실심싶쓰아안않알암압앞애야약양어언업없에여연열영예오올와완외요용우원월위유은
을음의이인일읽임입있자작잘잠장재저적전절점접정제조종좋주줄중지진집차참창찾채처청체초최추출충취치카캐커컨코크클키타태테토
통트특파패편포표프플피필하한할함항해했행허헤현형호화확회후""",
    2: """
ก็จะทำมามีเกเรเสเหใชในไป가격가능가입가장가져가지감사값을같은같이개발개인객체거의검사검색것은것을것이게임결과결정경우계산계
속계획고객공간공유관계관련관리교육구매구성구조구현그것그냥그래그러그런그렇그룹기능기다기대기록기본기술기업기자기존기준나
타내용너무다른다시다양다음단계당신대상대신대표대학대한대해도움돌아동안동일되어되었된다들어등록따라때문떨어또는또한라이로
그링크마음만들많은많이매우메뉴메시모두모든모르모습목록문자문제미국바로바이반환받아발견발생방문방법방식방향배열번째번호변
경변수보고보기보내보다보여부분부족부탁분석비교사람사랑사실사업사용사이사진사항사회삭제상태상품상황생각생성서로서버서울선
택설명설정설치성공세계수도수정수준수행스트슬롯시간시작신청실제실패실행아니아닌아래아무아이아주아직안내안전않고않는않았않
은알려알아어느어떤언제얼마없는없음없이여기여러여부여성여자연결연구연락영역영화예상예약예정오늘오래오류오른오전오후옵션완
료요소요청우리운영위치위한위해유지의미의해이것이동이런이름이미이번이상이용이유이전이제이후인증인터일반일부일정입력있는있
다있어있으있을있음자기자동자료자세자신작성작업저장적용전문전에전체전화접근정도정말정보정부정의제거제공제외제품제한조건존
재종료종류주문주소준비중국중요지금지난지역지원지정직원직접진행참여찾아처리처음체크초기최고최근최대최소추가추천출력충분친
구카드코드타입통해특별파일포함표시표현프로필요하고하나하는하루하지학교한국한다함께함수해당해서해야현재형태호출확인환경활
동활성활용회사""",
    3: """
กับการของคุณจากตัวถูกที่นี้ประผู้ยังแต่และโดยให้ได้ไม่가나다가능한가운데가지고것으로것이다관리자그래서그러나그리고내용을다양한대부분대
통령대해서데이터동시에됩니다디자인때문에로그인리스트마지막만드는만들어문자열반드시사용자사용할사이트새로운서비스스포츠시
간을시스템아니라어떻게여러분영향을온라인이메일이미지이벤트이상의이야기인터넷입니다있는데있도록있으며있지만정보를제대로주
세요클래스페이지플레이필요한하지만합니다""",
    4: """
ความซึ่งด้วยต้องทั้งรุ่นหรือหลังอยู่เป็นแล้ว같습니다것입니다다운로드대상으로데이터를바랍니다사용하는않습니다업데이트없습니다있습니다프
로그램프로젝트홈페이지""",
}
