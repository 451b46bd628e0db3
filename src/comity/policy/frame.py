"""The words around a law's own sentences when a verdict is read aloud, in four languages. Data, no more.

The rule it keeps: every word is there in each of these languages, and a language that has none is read in the first.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

FRAMES: Final[tuple[str, ...]] = ("en", "fr", "hi", "pa")
"""Languages of the frame words, in the order of each row below."""

_ROWS: dict[str, tuple[str, str, str, str]] = {
    # The whole answer.
    "permit": ("Permitted.", "Permis.", "अनुमति है।", "ਇਜਾਜ਼ਤ ਹੈ।"),
    "permit-with": (
        "Permitted, with what follows.",
        "Permis, avec ce qui suit.",
        "आगे लिखी बातों के साथ अनुमति है।",
        "ਹੇਠਾਂ ਲਿਖੀਆਂ ਗੱਲਾਂ ਨਾਲ ਇਜਾਜ਼ਤ ਹੈ।",
    ),
    "refer": ("Referred to: {0}", "Renvoyé à : {0}", "निर्णय के लिए भेजा गया: {0}", "ਫ਼ੈਸਲੇ ਲਈ ਭੇਜਿਆ ਗਿਆ: {0}"),
    "refuse": ("Refused.", "Refusé.", "अस्वीकृत।", "ਨਾਮਨਜ਼ੂਰ।"),
    "other-way": ("Another way: {0}", "Autre voie : {0}", "दूसरा रास्ता: {0}", "ਹੋਰ ਰਾਹ: {0}"),
    "ground": (
        "Ground, for this side only: {0}",
        "Motif, pour cette partie seulement : {0}",
        "आधार, केवल इस पक्ष के लिए: {0}",
        "ਆਧਾਰ, ਸਿਰਫ਼ ਇਸ ਧਿਰ ਲਈ: {0}",
    ),
    "outward": (
        "What the other side may read: {0} ({1})",
        "Ce que l'autre partie peut lire : {0} ({1})",
        "दूसरा पक्ष यह पढ़ सकता है: {0} ({1})",
        "ਦੂਜੀ ਧਿਰ ਇਹ ਪੜ੍ਹ ਸਕਦੀ ਹੈ: {0} ({1})",
    ),
    "fallback": (
        "The rules have no sentences in {0}; here they stand in {1}.",
        "Les règles n'ont pas de phrases en {0}; elles figurent ici en {1}.",
        "नियमों के वाक्य {0} में नहीं हैं; यहाँ वे {1} में हैं।",
        "ਨਿਯਮਾਂ ਦੇ ਵਾਕ {0} ਵਿੱਚ ਨਹੀਂ ਹਨ; ਇੱਥੇ ਉਹ {1} ਵਿੱਚ ਹਨ।",
    ),
    "missing": ("Missing: {0}", "Il manque : {0}", "कमी है: {0}", "ਘਾਟ ਹੈ: {0}"),
    # What one rule does.
    "rule:permit": ("Permits", "Permet", "अनुमति देता है", "ਇਜਾਜ਼ਤ ਦਿੰਦਾ ਹੈ"),
    "rule:permit-with": ("Obliges", "Oblige", "बाध्य करता है", "ਪਾਬੰਦ ਕਰਦਾ ਹੈ"),
    "rule:refer": ("Refers", "Renvoie", "निर्णय के लिए भेजता है", "ਫ਼ੈਸਲੇ ਲਈ ਭੇਜਦਾ ਹੈ"),
    "rule:refuse": ("Refuses", "Refuse", "रोकता है", "ਰੋਕਦਾ ਹੈ"),
    # What is obliged.
    "duty:redact": ("Removed: {0}", "Retiré : {0}", "हटाया गया: {0}", "ਹਟਾਇਆ ਗਿਆ: {0}"),
    "duty:caveat": ("Condition: {0}", "Condition : {0}", "शर्त: {0}", "ਸ਼ਰਤ: {0}"),
    "duty:retain-max-days": (
        "Kept at most {0} days",
        "Conservé {0} jours au plus",
        "अधिक से अधिक {0} दिन रखा जाएगा",
        "ਵੱਧ ਤੋਂ ਵੱਧ {0} ਦਿਨ ਰੱਖਿਆ ਜਾਵੇਗਾ",
    ),
    "duty:approval": ("Approval needed: {0}", "Approbation requise : {0}", "स्वीकृति चाहिए: {0}", "ਮਨਜ਼ੂਰੀ ਚਾਹੀਦੀ ਹੈ: {0}"),
    "duty:report": ("Reported to, or on record: {0}", "Signalé à, ou au dossier : {0}", "सूचित या दर्ज: {0}", "ਸੂਚਿਤ ਜਾਂ ਦਰਜ: {0}"),
    # What is missing.
    "step:approval": ("approval by {0}", "approbation de {0}", "{0} की स्वीकृति", "{0} ਦੀ ਮਨਜ਼ੂਰੀ"),
    "step:assessment": ("assessment: {0}", "évaluation du risque : {0}", "जोखिम आकलन: {0}", "ਜੋਖਮ ਜਾਂਚ: {0}"),
    "step:basis": ("legal basis {0}", "fondement juridique {0}", "कानूनी आधार {0}", "ਕਾਨੂੰਨੀ ਆਧਾਰ {0}"),
    "step:consent": ("the originator's consent: {0}", "consentement de l'auteur : {0}", "मूल स्रोत की सहमति: {0}", "ਮੂਲ ਸਰੋਤ ਦੀ ਸਹਿਮਤੀ: {0}"),
    "step:label": ("label: {0}", "étiquette : {0}", "लेबल: {0}", "ਲੇਬਲ: {0}"),
    "step:evaluation": ("an evaluation of source and information", "une évaluation de la source et de l'information", "स्रोत और सूचना का मूल्यांकन", "ਸਰੋਤ ਅਤੇ ਜਾਣਕਾਰੀ ਦਾ ਮੁਲਾਂਕਣ"),
    "step:conduct": ("the act in question, named", "l'acte en cause, nommé", "संबंधित कृत्य का नाम", "ਸਬੰਧਤ ਕੰਮ ਦਾ ਨਾਂ"),
    "step:own-power": ("the asker's own power, named", "le pouvoir propre du demandeur, nommé", "माँगने वाले की अपनी शक्ति का नाम", "ਮੰਗਣ ਵਾਲੇ ਦੀ ਆਪਣੀ ਸ਼ਕਤੀ ਦਾ ਨਾਂ"),
    "assessed:disclose": ("what disclosing could do to someone", "ce que la communication pourrait causer à quelqu'un", "बताने से किसी को क्या हो सकता है", "ਦੱਸਣ ਨਾਲ ਕਿਸੇ ਨੂੰ ਕੀ ਹੋ ਸਕਦਾ ਹੈ"),
    "assessed:request": ("what asking could do to someone", "ce que la demande pourrait causer à quelqu'un", "पूछने से किसी को क्या हो सकता है", "ਪੁੱਛਣ ਨਾਲ ਕਿਸੇ ਨੂੰ ਕੀ ਹੋ ਸਕਦਾ ਹੈ"),
    "assessed:use": ("how what came was obtained", "comment ce qui est venu a été obtenu", "जो आया वह कैसे मिला", "ਜੋ ਆਇਆ ਉਹ ਕਿਵੇਂ ਮਿਲਿਆ"),
    "how:full": ("in full", "forme complète", "पूरा प्रपत्र", "ਪੂਰਾ ਫ਼ਾਰਮ"),
    "how:outside": ("by a decider outside the operation", "par un décideur extérieur à l'opération", "कार्रवाई से बाहर के निर्णयकर्ता द्वारा", "ਕਾਰਵਾਈ ਤੋਂ ਬਾਹਰ ਦੇ ਫ਼ੈਸਲਾਕਾਰ ਵੱਲੋਂ"),
    # Data categories.
    "category:person": ("who a person is", "l'identité d'une personne", "व्यक्ति की पहचान", "ਵਿਅਕਤੀ ਦੀ ਪਛਾਣ"),
    "category:location": ("where a person is", "le lieu où se trouve une personne", "व्यक्ति कहाँ है", "ਵਿਅਕਤੀ ਕਿੱਥੇ ਹੈ"),
    "category:contact": ("contact details", "coordonnées", "संपर्क का ब्योरा", "ਸੰਪਰਕ ਦਾ ਵੇਰਵਾ"),
    "category:account": ("accounts", "comptes", "खाते", "ਖਾਤੇ"),
    "category:national-number": ("national numbers", "numéros nationaux", "राष्ट्रीय पहचान संख्या", "ਰਾਸ਼ਟਰੀ ਪਛਾਣ ਨੰਬਰ"),
    "category:biometric": ("biometrics", "données biométriques", "बायोमेट्रिक डेटा", "ਬਾਇਓਮੈਟ੍ਰਿਕ ਡਾਟਾ"),
    "category:document": ("documents", "documents", "दस्तावेज़", "ਦਸਤਾਵੇਜ਼"),
    "category:victim": ("victims", "victimes", "पीड़ित", "ਪੀੜਤ"),
    "category:minor": ("minors", "mineurs", "नाबालिग", "ਨਾਬਾਲਗ"),
    "category:health": ("health", "santé", "स्वास्थ्य", "ਸਿਹਤ"),
    "category:political-or-religious": ("political or religious matter", "éléments politiques ou religieux", "राजनीतिक या धार्मिक बातें", "ਸਿਆਸੀ ਜਾਂ ਧਾਰਮਿਕ ਗੱਲਾਂ"),
    "category:protection-claim": ("claims to protection", "demandes de protection", "शरण के दावे", "ਪਨਾਹ ਦੇ ਦਾਅਵੇ"),
    "category:privileged": ("privileged matter", "éléments protégés par un privilège", "विशेषाधिकार वाली बातें", "ਵਿਸ਼ੇਸ਼ ਅਧਿਕਾਰ ਵਾਲੀਆਂ ਗੱਲਾਂ"),
    "category:source-or-method": ("sources and methods", "sources et méthodes", "स्रोत और तरीके", "ਸਰੋਤ ਅਤੇ ਢੰਗ"),
    "category:intercept": ("intercepted matter", "éléments interceptés", "अवरोधित संचार", "ਰੋਕਿਆ ਗਿਆ ਸੰਚਾਰ"),
    "category:commercial": ("commercial data", "données commerciales", "व्यावसायिक डेटा", "ਵਪਾਰਕ ਡਾਟਾ"),
    "category:indicator": ("technical indicators", "indicateurs techniques", "तकनीकी संकेतक", "ਤਕਨੀਕੀ ਸੰਕੇਤਕ"),
    # Languages.
    "language:en": ("English", "anglais", "अंग्रेज़ी", "ਅੰਗਰੇਜ਼ੀ"),
    "language:fr": ("French", "français", "फ़्रेंच", "ਫ਼ਰਾਂਸੀਸੀ"),
    "language:hi": ("Hindi", "hindi", "हिंदी", "ਹਿੰਦੀ"),
    "language:pa": ("Punjabi", "pendjabi", "पंजाबी", "ਪੰਜਾਬੀ"),
}  # fmt: skip
WORDS = MappingProxyType(
    {key: MappingProxyType(dict[str, str](zip(FRAMES, row, strict=True))) for key, row in _ROWS.items()}
)
"""For each key the words by language tag."""


def framed(key: str, language: str, *parts: str) -> str:
    """Return a frame word with its parts in place, in `language` or else in the first; a key unknown is its own word."""
    kind, _, word = key.partition(":")
    row = WORDS.get(key)
    if row is None:
        return word or kind
    return row.get(language, row[FRAMES[0]]).format(*parts)
