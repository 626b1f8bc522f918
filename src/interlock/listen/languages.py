"""What is each language called that a text may be written in? In the language of whoever reads the page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# Every language that the detector tells (CLD2), by its ISO 639 code; those that Django knows are translated by it.
NAMES = {
    "aa": _("Afar"), "ab": _("Abkhazian"), "af": _("Afrikaans"), "ak": _("Akan"), "am": _("Amharic"),
    "ar": _("Arabic"), "as": _("Assamese"), "ay": _("Aymara"), "az": _("Azerbaijani"), "ba": _("Bashkir"),
    "be": _("Belarusian"), "bg": _("Bulgarian"), "bh": _("Bihari"), "bi": _("Bislama"), "bn": _("Bengali"),
    "bo": _("Tibetan"), "br": _("Breton"), "bs": _("Bosnian"), "ca": _("Catalan"), "ceb": _("Cebuano"),
    "chr": _("Cherokee"), "co": _("Corsican"), "crs": _("Seychellois Creole"), "cs": _("Czech"),
    "cy": _("Welsh"), "da": _("Danish"), "de": _("German"), "dv": _("Dhivehi"), "dz": _("Dzongkha"),
    "el": _("Greek"), "en": _("English"), "eo": _("Esperanto"), "es": _("Spanish"), "et": _("Estonian"),
    "eu": _("Basque"), "fa": _("Persian"), "fi": _("Finnish"), "fj": _("Fijian"), "fo": _("Faroese"),
    "fr": _("French"), "fy": _("Frisian"), "ga": _("Irish"), "gd": _("Scottish Gaelic"),
    "gl": _("Galician"), "gn": _("Guarani"), "gu": _("Gujarati"), "gv": _("Manx"), "ha": _("Hausa"),
    "haw": _("Hawaiian"), "he": _("Hebrew"), "hi": _("Hindi"), "hmn": _("Hmong"), "hr": _("Croatian"),
    "ht": _("Haitian Creole"), "hu": _("Hungarian"), "hy": _("Armenian"), "ia": _("Interlingua"),
    "id": _("Indonesian"), "ie": _("Interlingue"), "ig": _("Igbo"), "ik": _("Inupiaq"),
    "is": _("Icelandic"), "it": _("Italian"), "iu": _("Inuktitut"), "ja": _("Japanese"),
    "jv": _("Javanese"), "ka": _("Georgian"), "kha": _("Khasi"), "kk": _("Kazakh"), "kl": _("Greenlandic"),
    "km": _("Khmer"), "kn": _("Kannada"), "ko": _("Korean"), "ks": _("Kashmiri"), "ku": _("Kurdish"),
    "ky": _("Kyrgyz"), "la": _("Latin"), "lb": _("Luxembourgish"), "lg": _("Ganda"), "lif": _("Limbu"),
    "ln": _("Lingala"), "lo": _("Lao"), "lt": _("Lithuanian"), "lv": _("Latvian"),
    "mfe": _("Mauritian Creole"), "mg": _("Malagasy"), "mi": _("Maori"), "mk": _("Macedonian"),
    "ml": _("Malayalam"), "mn": _("Mongolian"), "mr": _("Marathi"), "ms": _("Malay"), "mt": _("Maltese"),
    "my": _("Burmese"), "na": _("Nauruan"), "ne": _("Nepali"), "nl": _("Dutch"),
    "nn": _("Norwegian Nynorsk"), "no": _("Norwegian"), "nr": _("Southern Ndebele"),
    "nso": _("Northern Sotho"), "ny": _("Nyanja"), "oc": _("Occitan"), "om": _("Oromo"), "or": _("Odia"),
    "pa": _("Punjabi"), "pl": _("Polish"), "ps": _("Pashto"), "pt": _("Portuguese"), "qu": _("Quechua"),
    "rm": _("Romansh"), "rn": _("Rundi"), "ro": _("Romanian"), "ru": _("Russian"), "rw": _("Kinyarwanda"),
    "sa": _("Sanskrit"), "sco": _("Scots"), "sd": _("Sindhi"), "sg": _("Sango"), "si": _("Sinhala"),
    "sk": _("Slovak"), "sl": _("Slovenian"), "sm": _("Samoan"), "sn": _("Shona"), "so": _("Somali"),
    "sq": _("Albanian"), "sr": _("Serbian"), "ss": _("Swati"), "st": _("Southern Sotho"),
    "su": _("Sundanese"), "sv": _("Swedish"), "sw": _("Swahili"), "syr": _("Syriac"), "ta": _("Tamil"),
    "te": _("Telugu"), "tg": _("Tajik"), "th": _("Thai"), "ti": _("Tigrinya"), "tk": _("Turkmen"),
    "tl": _("Tagalog"), "tn": _("Tswana"), "to": _("Tongan"), "tr": _("Turkish"), "ts": _("Tsonga"),
    "tt": _("Tatar"), "ug": _("Uyghur"), "uk": _("Ukrainian"), "ur": _("Urdu"), "uz": _("Uzbek"),
    "ve": _("Venda"), "vi": _("Vietnamese"), "vo": _("Volapük"), "war": _("Waray"), "wo": _("Wolof"),
    "xh": _("Xhosa"), "yi": _("Yiddish"), "yo": _("Yoruba"), "za": _("Zhuang"), "zh": _("Chinese"),
    "zu": _("Zulu"),
}  # fmt: skip


def language_name(code: str) -> str:
    """The name of a language; the code itself where nobody named it."""
    return str(NAMES.get(code, code))


def choices() -> list[tuple[str, str]]:
    """Codes and names of all languages in the order of their names; first, that it is none of them."""
    named = sorted(((code, str(name)) for code, name in NAMES.items()), key=lambda one: one[1].casefold())
    return [("", str(_("None that can be told"))), *named]
