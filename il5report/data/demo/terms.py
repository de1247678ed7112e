"""Preferred terms of the demo's adverse events with their system organ class (MedDRA wording)."""

from __future__ import annotations

from collections.abc import Mapping

_BLOOD = "Blood and lymphatic system disorders"
_CARDIAC = "Cardiac disorders"
_GUT = "Gastrointestinal disorders"
_GENERAL = "General disorders and administration site conditions"
_IMMUNE = "Immune system disorders"
_INFECTION = "Infections and infestations"
_INJURY = "Injury, poisoning and procedural complications"
_INVESTIGATION = "Investigations"
_METABOLISM = "Metabolism and nutrition disorders"
_NEOPLASM = "Neoplasms benign, malignant and unspecified (incl cysts and polyps)"
_NERVOUS = "Nervous system disorders"
_PSYCHIATRIC = "Psychiatric disorders"
_RENAL = "Renal and urinary disorders"
_RESPIRATORY = "Respiratory, thoracic and mediastinal disorders"
_SKIN = "Skin and subcutaneous tissue disorders"
_VASCULAR = "Vascular disorders"

CRS = "Cytokine release syndrome"
ICANS = "Immune effector cell-associated neurotoxicity syndrome"
IEC_HS = "Immune effector cell-associated haemophagocytic lymphohistiocytosis-like syndrome"

ORGAN_CLASS: Mapping[str, str] = {
    CRS: _IMMUNE,
    ICANS: _NERVOUS,
    IEC_HS: _IMMUNE,
    "Anaemia": _BLOOD,
    "Febrile neutropenia": _BLOOD,
    "Neutrophil count decreased": _INVESTIGATION,
    "Platelet count decreased": _INVESTIGATION,
    "Lymphocyte count decreased": _INVESTIGATION,
    "White blood cell count decreased": _INVESTIGATION,
    "Alanine aminotransferase increased": _INVESTIGATION,
    "Blood creatinine increased": _INVESTIGATION,
    "Ejection fraction decreased": _INVESTIGATION,
    "Troponin I increased": _INVESTIGATION,
    "Electrocardiogram QT prolonged": _INVESTIGATION,
    "Acute kidney injury": _RENAL,
    "Bronchospasm": _RESPIRATORY,
    "Cough": _RESPIRATORY,
    "Epistaxis": _RESPIRATORY,
    "Constipation": _GUT,
    "Diarrhoea": _GUT,
    "Nausea": _GUT,
    "Vomiting": _GUT,
    "COVID-19": _INFECTION,
    "Cytomegalovirus infection reactivation": _INFECTION,
    "Escherichia bacteraemia": _INFECTION,
    "Fungal infection": _INFECTION,
    "Herpes zoster": _INFECTION,
    "Pneumonia": _INFECTION,
    "Sepsis": _INFECTION,
    "Upper respiratory tract infection": _INFECTION,
    "Urinary tract infection": _INFECTION,
    "Infusion related reaction": _INJURY,
    "Squamous cell carcinoma of skin": _NEOPLASM,
    "Deep vein thrombosis": _VASCULAR,
    "Hypertension": _VASCULAR,
    "Dizziness": _NERVOUS,
    "Headache": _NERVOUS,
    "Tremor": _NERVOUS,
    "Fatigue": _GENERAL,
    "Oedema peripheral": _GENERAL,
    "Graft versus host disease in gastrointestinal tract": _IMMUNE,
    "Graft versus host disease in skin": _IMMUNE,
    "Hypogammaglobulinaemia": _IMMUNE,
    "Decreased appetite": _METABOLISM,
    "Hypokalaemia": _METABOLISM,
    "Tumour lysis syndrome": _METABOLISM,
    "Insomnia": _PSYCHIATRIC,
    "Pruritus": _SKIN,
    "Rash": _SKIN,
    "Sinus tachycardia": _CARDIAC,
}

# MedDRA high level group term; the demo codes it for infections only
GROUP_TERM: Mapping[str, str] = {
    "Cytomegalovirus infection reactivation": "Viral infectious disorders",
    "COVID-19": "Viral infectious disorders",
    "Escherichia bacteraemia": "Bacterial infectious disorders",
    "Fungal infection": "Fungal infectious disorders",
    "Herpes zoster": "Viral infectious disorders",
    "Pneumonia": "Infections - pathogen unspecified",
    "Sepsis": "Infections - pathogen unspecified",
    "Upper respiratory tract infection": "Infections - pathogen unspecified",
    "Urinary tract infection": "Infections - pathogen unspecified",
}

# mild events that come and go in any subject
COMMON = (
    "Nausea", "Vomiting", "Diarrhoea", "Constipation", "Fatigue", "Headache", "Dizziness", "Cough",
    "Decreased appetite", "Insomnia", "Hypokalaemia", "Pruritus", "Oedema peripheral",
    "Hypertension", "Sinus tachycardia",
)  # fmt: skip
