"""The phrases in which it is told what a law was asked and on which text it rests, in four languages; codes stay as they are.

The rule it keeps: a phrase stands in every language or nowhere, and a language that is not here is read in the first.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

LANGUAGES: Final[tuple[str, ...]] = ("en", "fr", "hi", "pa")
"""Tags of the languages, as in BCP 47; the first is the one to fall back to."""

_TABLE = (
    # acts
    ("act.clear", "to send", "envoyer", "भेजना", "ਭੇਜਣਾ"),
    ("act.admit", "to receive", "recevoir", "प्राप्त करना", "ਪ੍ਰਾਪਤ ਕਰਨਾ"),
    ("act.use", "to use what was received", "utiliser ce qui a été reçu", "प्राप्त सूचना का उपयोग करना", "ਪ੍ਰਾਪਤ ਜਾਣਕਾਰੀ ਵਰਤਣਾ"),
    ("act.onward", "to pass it on", "le transmettre plus loin", "आगे देना", "ਅੱਗੇ ਦੇਣਾ"),
    ("act.repurpose", "to use it for another purpose", "l'utiliser à une autre fin", "दूसरे प्रयोजन के लिए उपयोग करना", "ਹੋਰ ਮਕਸਦ ਲਈ ਵਰਤਣਾ"),
    ("act.evidence", "to put it before a court as evidence", "le produire en preuve devant un tribunal", "न्यायालय में साक्ष्य के रूप में रखना", "ਅਦਾਲਤ ਵਿੱਚ ਸਬੂਤ ਵਜੋਂ ਪੇਸ਼ ਕਰਨਾ"),
    ("act.export", "to write it to a file", "l'écrire dans un fichier", "फ़ाइल में लिखना", "ਫ਼ਾਈਲ ਵਿੱਚ ਲਿਖਣਾ"),
    ("act.court", "to disclose it because a court orders so", "le communiquer sur ordre d'un tribunal", "न्यायालय के आदेश पर प्रकट करना", "ਅਦਾਲਤ ਦੇ ਹੁਕਮ ਉੱਤੇ ਦੱਸਣਾ"),
    ("act.access", "to give it to the person who asks for records", "le donner à la personne qui demande ses dossiers", "अभिलेख माँगने वाले व्यक्ति को देना", "ਰਿਕਾਰਡ ਮੰਗਣ ਵਾਲੇ ਵਿਅਕਤੀ ਨੂੰ ਦੇਣਾ"),
    # headings
    ("asked", "Asked", "Question", "पूछा गया", "ਪੁੱਛਿਆ ਗਿਆ"),
    ("answer", "Answer", "Réponse", "उत्तर", "ਜਵਾਬ"),
    ("because", "Because", "Motifs", "कारण", "ਕਾਰਨ"),
    ("duties", "What must be done", "À faire", "क्या करना है", "ਕੀ ਕਰਨਾ ਹੈ"),
    ("missing", "Still missing", "Il manque", "अभी क्या चाहिए", "ਅਜੇ ਕੀ ਚਾਹੀਦਾ ਹੈ"),
    ("nothing-cures", "nothing turns this into a yes", "rien ne le rend possible", "किसी बात से यह संभव नहीं होता", "ਕੋਈ ਗੱਲ ਇਸ ਨੂੰ ਸੰਭਵ ਨਹੀਂ ਬਣਾਉਂਦੀ"),
    ("inside", "Ground, which stays here", "Motif, qui reste ici", "आधार, जो यहीं रहता है", "ਆਧਾਰ, ਜੋ ਇੱਥੇ ਹੀ ਰਹਿੰਦਾ ਹੈ"),
    ("outside", "What crosses", "Ce qui traverse", "सीमा पार क्या जाता है", "ਸਰਹੱਦ ਪਾਰ ਕੀ ਜਾਂਦਾ ਹੈ"),
    ("read", "What a person there reads", "Ce qu'on y lit", "वहाँ व्यक्ति क्या पढ़ता है", "ਉੱਥੇ ਵਿਅਕਤੀ ਕੀ ਪੜ੍ਹਦਾ ਹੈ"),
    ("private-rule", "private part", "partie privée", "निजी भाग", "ਨਿੱਜੀ ਹਿੱਸਾ"),
    ("no-question", "the record does not hold what was asked", "le dossier ne contient pas la question", "अभिलेख में प्रश्न नहीं है", "ਰਿਕਾਰਡ ਵਿੱਚ ਸਵਾਲ ਨਹੀਂ ਹੈ"),
    ("their-law", "Their law as published, without their assessments and approvals", "Leur droit publié, sans leurs évaluations ni approbations", "उनकी प्रकाशित विधि, उनके आकलन और अनुमोदन के बिना", "ਉਹਨਾਂ ਦਾ ਪ੍ਰਕਾਸ਼ਿਤ ਕਾਨੂੰਨ, ਉਹਨਾਂ ਦੇ ਮੁਲਾਂਕਣ ਅਤੇ ਮਨਜ਼ੂਰੀਆਂ ਤੋਂ ਬਿਨਾਂ"),
    # how well a text is known
    ("status.text-read", "read in the statute", "lu dans la loi", "विधि में पढ़ा", "ਕਾਨੂੰਨ ਵਿੱਚ ਪੜ੍ਹਿਆ"),
    ("status.secondary", "confirmed in another page", "confirmé ailleurs", "अन्य पृष्ठ से पुष्ट", "ਹੋਰ ਪੰਨੇ ਤੋਂ ਪੁਸ਼ਟ"),
    ("status.unverified", "from memory", "de mémoire", "स्मृति से", "ਯਾਦ ਤੋਂ"),
    ("status.accord", "agreed in the accord", "convenu dans l'accord", "समझौते में तय", "ਸਮਝੌਤੇ ਵਿੱਚ ਤੈਅ"),
    # on which text a rule rests; {section}, {day} and {why} are filled in
    ("bound", "written from the text of {act}, s. {section} as of {day}", "rédigée d'après le texte de {act}, art. {section} au {day}", "{act}, धारा {section} के {day} के पाठ से लिखा", "{act}, ਧਾਰਾ {section} ਦੇ {day} ਦੇ ਪਾਠ ਤੋਂ ਲਿਖਿਆ"),
    ("unbound", "not bound to a text: {why}", "sans texte conservé : {why}", "पाठ से नहीं बँधा: {why}", "ਪਾਠ ਨਾਲ ਨਹੀਂ ਬੱਝਾ: {why}"),
    # what was asked
    ("q.dispatch", "{kind} for the purpose {purpose}, {urgency}", "{kind} aux fins de {purpose}, {urgency}", "{kind}, प्रयोजन {purpose}, {urgency}", "{kind}, ਮਕਸਦ {purpose}, {urgency}"),
    ("q.agency", "by {agency}; the other side: {peers}", "par {agency}; l'autre partie : {peers}", "{agency} द्वारा; दूसरा पक्ष: {peers}", "{agency} ਵੱਲੋਂ; ਦੂਜੀ ਧਿਰ: {peers}"),
    ("q.answers", "it answers a {words}", "en réponse à : {words}", "यह इसका उत्तर है: {words}", "ਇਹ ਇਸ ਦਾ ਜਵਾਬ ਹੈ: {words}"),
    ("q.categories", "its content is about: {words}", "son contenu porte sur : {words}", "सामग्री का विषय: {words}", "ਸਮੱਗਰੀ ਦਾ ਵਿਸ਼ਾ: {words}"),
    ("q.asks", "what is asked for: {words}", "ce qui est demandé : {words}", "क्या माँगा गया: {words}", "ਕੀ ਮੰਗਿਆ ਗਿਆ: {words}"),
    ("q.records", "records that it needs or draws on: {words}", "dossiers requis ou utilisés : {words}", "आवश्यक या प्रयुक्त अभिलेख: {words}", "ਲੋੜੀਂਦੇ ਜਾਂ ਵਰਤੇ ਰਿਕਾਰਡ: {words}"),
    ("q.basis", "it names as its basis: {words}", "fondement invoqué : {words}", "बताया गया आधार: {words}", "ਦੱਸਿਆ ਆਧਾਰ: {words}"),
    ("q.no-basis", "it names no basis", "aucun fondement invoqué", "कोई आधार नहीं बताया", "ਕੋਈ ਆਧਾਰ ਨਹੀਂ ਦੱਸਿਆ"),
    ("q.conduct", "the act that is named: {words}", "l'acte nommé : {words}", "नामित कृत्य: {words}", "ਨਾਮਜ਼ਦ ਕਾਰਾ: {words}"),
    ("q.no-own-power", "the asker names no power of its own", "le demandeur ne nomme aucun pouvoir propre", "पूछने वाले ने अपनी कोई शक्ति नहीं बताई", "ਪੁੱਛਣ ਵਾਲੇ ਨੇ ਆਪਣੀ ਕੋਈ ਸ਼ਕਤੀ ਨਹੀਂ ਦੱਸੀ"),
    ("q.known_for", "the subject may be known for: {words}", "la personne peut être connue pour : {words}", "व्यक्ति इसके लिए जाना जा सकता है: {words}", "ਵਿਅਕਤੀ ਇਸ ਲਈ ਜਾਣਿਆ ਜਾ ਸਕਦਾ ਹੈ: {words}"),
    ("q.label", "its label: {words}", "son étiquette : {words}", "अंकन: {words}", "ਅੰਕਣ: {words}"),
    ("q.unevaluated", "it states facts without an evaluation", "il affirme des faits sans évaluation", "बिना मूल्यांकन के तथ्य", "ਬਿਨਾਂ ਮੁਲਾਂਕਣ ਤੱਥ"),
    ("q.assessed", "assessed to {act}: risk {before}, then {after}; {decision}", "évaluation ({act}) : risque {before}, puis {after}; {decision}", "आकलन ({act}): जोखिम {before}, फिर {after}; {decision}", "ਮੁਲਾਂਕਣ ({act}): ਜੋਖਮ {before}, ਫਿਰ {after}; {decision}"),
    ("q.short", "in the short form", "en forme brève", "संक्षिप्त प्रपत्र में", "ਸੰਖੇਪ ਰੂਪ ਵਿੱਚ"),
    ("q.inside", "by somebody inside the operation", "par une personne de l'opération", "कार्रवाई के भीतर के व्यक्ति द्वारा", "ਕਾਰਵਾਈ ਦੇ ਅੰਦਰਲੇ ਵਿਅਕਤੀ ਵੱਲੋਂ"),
    ("q.tainted", "likely obtained by mistreatment", "probablement obtenu par mauvais traitements", "संभवतः दुर्व्यवहार से प्राप्त", "ਸੰਭਵ ਤੌਰ ਤੇ ਬਦਸਲੂਕੀ ਨਾਲ ਪ੍ਰਾਪਤ"),
    ("q.approvals", "approved by: {words}", "approuvé par : {words}", "अनुमोदन: {words}", "ਮਨਜ਼ੂਰੀ: {words}"),
    ("q.minimum_facts", "only the facts that save a life", "seuls les faits qui sauvent une vie", "केवल जीवन बचाने वाले तथ्य", "ਸਿਰਫ਼ ਜਾਨ ਬਚਾਉਣ ਵਾਲੇ ਤੱਥ"),
    ("q.break_glass", "forms and approvals are deferred", "formulaires et approbations sont différés", "प्रपत्र और अनुमोदन बाद में", "ਫ਼ਾਰਮ ਅਤੇ ਮਨਜ਼ੂਰੀਆਂ ਬਾਅਦ ਵਿੱਚ"),
    ("q.third_state", "a third state is involved", "un État tiers est concerné", "तीसरा राज्य जुड़ा है", "ਤੀਜਾ ਰਾਜ ਜੁੜਿਆ ਹੈ"),
    ("q.budget_spent", "the budget over persons is used up", "le budget de personnes est épuisé", "व्यक्तियों की सीमा पूरी हो चुकी", "ਵਿਅਕਤੀਆਂ ਦੀ ਹੱਦ ਪੂਰੀ ਹੋ ਚੁੱਕੀ"),
    ("q.to_agencies", "it would go to: {words}", "il irait à : {words}", "यह किसे जाएगा: {words}", "ਇਹ ਕਿਸ ਨੂੰ ਜਾਵੇਗਾ: {words}"),
    ("q.outside", "outside our agencies, to: {words}", "hors de nos organismes, à : {words}", "हमारी एजेंसियों से बाहर: {words}", "ਸਾਡੀਆਂ ਏਜੰਸੀਆਂ ਤੋਂ ਬਾਹਰ: {words}"),
    ("q.new_purpose", "for the new purpose {words}", "à la nouvelle fin {words}", "नया प्रयोजन {words}", "ਨਵਾਂ ਮਕਸਦ {words}"),
    ("q.serves", "it would serve: {words}", "il servirait à : {words}", "किस काम आएगा: {words}", "ਕਿਸ ਕੰਮ ਆਵੇਗਾ: {words}"),
    ("q.released", "the originator consented to: {words}", "l'auteur a consenti à : {words}", "मूल स्रोत की सहमति: {words}", "ਮੂਲ ਸਰੋਤ ਦੀ ਸਹਿਮਤੀ: {words}"),
    ("q.recalled", "it was recalled or corrected", "il a été rappelé ou corrigé", "वापस लिया या सुधारा गया", "ਵਾਪਸ ਲਿਆ ਜਾਂ ਸੁਧਾਰਿਆ ਗਿਆ"),
    ("q.past_due", "its day of review or erasure has passed", "son jour de révision ou d'effacement est passé", "समीक्षा या मिटाने का दिन बीत गया", "ਸਮੀਖਿਆ ਜਾਂ ਮਿਟਾਉਣ ਦਾ ਦਿਨ ਲੰਘ ਗਿਆ"),
    ("q.classified", "it bears a secrecy marking", "il porte une mention de secret", "गोपनीय अंकन है", "ਗੁਪਤ ਅੰਕਣ ਹੈ"),
    ("q.listed_by", "the subject is listed by: {words}", "la personne est inscrite par : {words}", "व्यक्ति किसकी सूची में है: {words}", "ਵਿਅਕਤੀ ਕਿਸ ਦੀ ਸੂਚੀ ਵਿੱਚ ਹੈ: {words}"),
)  # fmt: skip

PHRASES = MappingProxyType(
    {row[0]: MappingProxyType(dict[str, str](zip(LANGUAGES, row[1:], strict=True))) for row in _TABLE}
)
"""Key to language to phrase."""


def phrase(key: str, language: str, **filled: str) -> str:
    """Return a phrase in a language, or in the first one, with its gaps filled."""
    known = PHRASES[key]
    return known.get(language, known[LANGUAGES[0]]).format(**filled)
