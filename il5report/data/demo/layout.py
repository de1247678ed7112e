"""Which variables the demo's domains can have, in the order of SDTMIG 3.4."""

from __future__ import annotations

from collections.abc import Mapping

_FINDING = (
    ".TESTCD .TEST .CAT .ORRES .ORRESU .ORNRLO .ORNRHI .STRESC .STRESN .STRESU .STNRLO .STNRHI "
    ".STAT .REASND .NAM .SPEC .METHOD .LOBXFL .EVAL"
)
_VISIT = "VISITNUM VISIT VISITDY EPOCH"

# domain -> variables; a leading dot stands for the domain's prefix
_TEXT: Mapping[str, str] = {
    "DM": "SUBJID RFSTDTC RFENDTC RFXSTDTC RFXENDTC RFICDTC RFPENDTC DTHDTC DTHFL SITEID AGE AGEU "
    "SEX RACE ETHNIC ARMCD ARM ACTARMCD ACTARM ARMNRS ACTARMUD COUNTRY DMDTC DMDY",
    "SV": "VISITNUM VISIT .PRESP .OCCUR .REASOC VISITDY .STDTC .ENDTC .STDY .ENDY",
    "DS": ".SEQ .TERM .DECOD .CAT .SCAT EPOCH .DTC .STDTC .DY .STDY",
    "IE": f".SEQ .TESTCD .TEST .CAT .ORRES .STRESC {_VISIT} .DTC .DY",
    "DV": ".SEQ .TERM .DECOD .CAT .SCAT EPOCH .STDTC .STDY",
    "MH": ".SEQ .TERM .DECOD .CAT .BODSYS EPOCH .DTC .STDTC .ENDTC .DY .ENRTPT .ENTPT",
    "EX": ".SEQ .TRT .CAT .DOSE .DOSU .DOSFRM .DOSFRQ .ROUTE .LOT EPOCH .STDTC .ENDTC .STDY .ENDY",
    "PR": ".SEQ .TRT .DECOD .CAT .INDC .DOSE .DOSU EPOCH .STDTC .ENDTC .STDY .ENDY",
    "HO": ".SEQ .TERM .DECOD EPOCH .STDTC .ENDTC .STDY .ENDY",
    "CM": ".SEQ .TRT .DECOD .CAT .INDC .CLAS .CLASCD .DOSE .DOSU .DOSFRQ .ROUTE EPOCH "
    ".STDTC .ENDTC .STDY .ENDY .ENRTPT .ENTPT",
    "AE": ".SEQ .TERM .DECOD .HLGT .CAT .BODSYS .SOC .SER .ACN .REL .OUT .SDTH .SHOSP .SLIFE .SMIE "
    ".TOXGR EPOCH .STDTC .ENDTC .STDY .ENDY .ENRTPT .ENTPT",
    "CE": ".SEQ .TERM .DECOD .CAT EPOCH .STDTC .ENDTC .STDY .ENDY",
    "VS": f".SEQ {_FINDING} {_VISIT} .DTC .DY .TPT",
    "QS": f".SEQ {_FINDING} {_VISIT} .DTC .DY .TPT",
    "EG": f".SEQ {_FINDING} {_VISIT} .DTC .DY",
    "CV": f".SEQ {_FINDING} {_VISIT} .DTC .DY",
    "LB": f".SEQ {_FINDING} {_VISIT} .DTC .DY .TPT",
    "PC": ".SEQ .TESTCD .TEST .CAT .ORRES .ORRESU .STRESC .STRESN .STRESU .STAT .REASND .NAM "
    f".SPEC .METHOD .LLOQ {_VISIT} .DTC .DY .TPT .TPTNUM .ELTM .TPTREF .RFTDTC",
    "CP": f".SEQ {_FINDING} {_VISIT} .DTC .DY .TPT .TPTNUM .ELTM .TPTREF .RFTDTC",
    "MI": f".SEQ {_FINDING} {_VISIT} .DTC .DY",
    "GF": ".SEQ .TESTCD .TEST .CAT .ORRES .ORRESU .STRESC .STRESN .STRESU .SYM .SYMTYP .STAT "
    ".REASND .NAM .SPEC .METHOD VISITNUM VISIT VISITDY .DTC .DY",
    "RS": f".SEQ {_FINDING} {_VISIT} .DTC .DY",
    "MB": f".SEQ {_FINDING} {_VISIT} .DTC .DY",
    "IS": f".SEQ {_FINDING} {_VISIT} .DTC .DY",
    "SS": f".SEQ .TESTCD .TEST .ORRES .STRESC {_VISIT} .DTC .DY",
    "DD": ".SEQ .TESTCD .TEST .ORRES .STRESC .RESCAT .EVAL .DTC .DY",
}


def _variables(domain: str, text: str) -> tuple[str, ...]:
    names = text.replace(" .", f" {domain}").split()
    names[0] = names[0].replace(".", domain)
    return ("STUDYID", "DOMAIN", "USUBJID", *names)


_SUPPLEMENT = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL")

VARIABLES: Mapping[str, tuple[str, ...]] = {
    **{domain: _variables(domain, text) for domain, text in _TEXT.items()},
    **{f"SUPP{parent}": (*_SUPPLEMENT, "QORIG", "QEVAL") for parent in ("MH", "EX", "AE")},
    "TS": ("STUDYID", "DOMAIN", "TSSEQ", "TSPARMCD", "TSPARM", "TSVAL", "TSVALNF"),
}
