"""Documents to render: one such as a report is, one in which every text is hostile."""

from __future__ import annotations

import io
import random
from functools import cache
from typing import Any

from il5report.display.model import (
    Block,
    Cell,
    Display,
    Document,
    Figure,
    Head,
    Items,
    Listing,
    Paragraph,
    Row,
    Run,
    Section,
    Table,
    paragraph,
)

ARMS = ("Dose level 1", "Dose level 2", "Dose level 3")
SIZES = (3, 6, 11)
NOTE = (
    "Percentages are of the subjects in the analysis set. CTCAE version 5.0; CRS and ICANS by the "
    "ASTCT 2019 consensus."
)


def count(n: int, N: int) -> Cell:
    text = f"{n} ({100 * n / N:.1f}%)" if n else "0"
    return Cell(text, 2 - len(str(n)), (n, N))


def counts(*numbers: int) -> tuple[Cell, ...]:
    return tuple(count(n, N) for n, N in zip(numbers, (*SIZES, 20), strict=True))


def heads(label: str, detail: bool = True) -> tuple[Head, ...]:
    arms = tuple(
        Head(arm, f"N={size}" if detail else "", "IL-5 CAR-T infusion", "center")
        for arm, size in zip(ARMS, SIZES, strict=True)
    )
    return (Head(label), *arms, Head("Total", "N=20", "", "center"))


def demography() -> Table:
    def texts(*values: str) -> tuple[Cell, ...]:
        return tuple(Cell(v, 0, (i,)) for i, v in enumerate(values))

    rows = (
        Row("Age (years)", kind="heading"),
        Row("n", tuple(Cell(str(n), 2 - len(str(n))) for n in (3, 6, 11, 20)), 1),
        Row("Mean (SD)", texts("51.3 (9.29)", "47.8 (12.04)", "55.1 (10.77)", "52.4 (11.02)"), 1),
        Row(
            "Median (Q1, Q3)", texts("52 (41, 61)", "46 (39, 58)", "56 (48, 63)", "53 (44, 62)"), 1
        ),
        Row("Min, max", texts("41, 61", "33, 66", "36, 71", "33, 71"), 1),
        Row("Sex", kind="heading"),
        Row(
            "Female",
            counts(1, 2, 4, 7),
            1,
        ),
        Row(
            "Male",
            counts(2, 4, 7, 13),
            1,
        ),
        Row("CD125⁺ blasts ≥50 %", counts(3, 6, 11, 20)),
        Row("Eosinophils (×10⁹/L)", kind="heading"),
        Row("Geometric mean (CV %)", texts("4.1 (88)", "3.7 (104)", "5.2 (96)", "4.5 (98)"), 1),
        Row(
            "Subjects with any baseline value",
            counts(3, 6, 11, 20),
            0,
            "total",
        ),
    )
    return Table(heads("Characteristic"), rows)


SYSTEMS = {
    "Blood and lymphatic system disorders": (
        "Anaemia",
        "Febrile neutropenia",
        "Leukopenia",
        "Lymphopenia",
        "Neutropenia",
        "Thrombocytopenia",
        "Haemophagocytic lymphohistiocytosis",
    ),
    "Cardiac disorders": (
        "Atrial fibrillation",
        "Sinus tachycardia",
        "Electrocardiogram QT prolonged",
    ),
    "Gastrointestinal disorders": (
        "Abdominal pain",
        "Constipation",
        "Diarrhoea",
        "Nausea",
        "Vomiting",
    ),
    "General disorders and administration site conditions": (
        "Chills",
        "Fatigue",
        "Oedema peripheral",
        "Pyrexia",
        "Multiple organ dysfunction syndrome",
    ),
    "Immune system disorders": (
        "Cytokine release syndrome",
        "Hypogammaglobulinaemia",
        "Immune effector cell-associated haemophagocytic lymphohistiocytosis-like syndrome",
    ),
    "Infections and infestations": (
        "Bronchopulmonary aspergillosis",
        "Cytomegalovirus reactivation",
        "Pneumonia",
        "Sepsis",
        "Upper respiratory tract infection",
    ),
    "Investigations": (
        "Alanine aminotransferase increased",
        "Blood bilirubin increased",
        "Serum ferritin increased",
        "C-reactive protein increased",
    ),
    "Metabolism and nutrition disorders": (
        "Decreased appetite",
        "Hypokalaemia",
        "Tumour lysis syndrome",
    ),
    "Nervous system disorders": (
        "Headache",
        "Immune effector cell-associated neurotoxicity syndrome",
        "Tremor",
        "Encephalopathy",
    ),
    "Respiratory, thoracic and mediastinal disorders": ("Dyspnoea", "Hypoxia", "Pleural effusion"),
    "Vascular disorders": ("Hypertension", "Hypotension"),
}


def adverse_events() -> Table:
    rng = random.Random(5)
    rows: list[Row] = []
    columns = [(label, size) for label, size in zip((*ARMS, "Total"), (*SIZES, 20), strict=True)]
    table_heads = [Head("System organ class", "Preferred term")]
    for label, size in columns:
        table_heads += [
            Head(g, "", f"{label} (N={size})", "center") for g in ("Any grade", "Grade ≥3")
        ]

    def cells() -> tuple[Cell, ...]:
        found = []
        for _, size in columns:
            n = rng.randint(0, size)
            found += [count(n, size), count(rng.randint(0, n), size)]
        return tuple(found)

    rows.append(Row("Subjects with at least one event", cells(), 0, "total"))
    for system, terms in SYSTEMS.items():
        rows.append(Row(system, cells()))
        rows += [Row(term, cells(), 1) for term in terms]
    return Table(tuple(table_heads), tuple(rows))


def listing(records: int) -> Listing:
    rng = random.Random(7)
    terms = [term for group in SYSTEMS.values() for term in group]
    columns = (
        "Subject",
        "Age/Sex",
        "Preferred term",
        "Verbatim term",
        "Start day",
        "End day",
        "Grade",
        "Serious",
        "Related",
        "Outcome",
    )
    rows = []
    for i in range(records):
        term, day = rng.choice(terms), rng.randint(0, 90)
        rows.append(
            (
                f"TXB2025023-{i // 400 + 1:02d}-{i // 8 + 1:03d}",
                f"{rng.randint(20, 75)}/F",
                term,
                f"{term.lower()} (as reported)",
                str(day),
                str(day + rng.randint(0, 20)),
                str(rng.randint(1, 4)),
                rng.choice("YN"),
                rng.choice("YN"),
                "Recovered/resolved",
            )
        )
    right = {"Start day", "End day", "Grade"}
    return Listing(
        tuple(Head(c, align="right" if c in right else "left") for c in columns),
        rows,
        "No record meets the condition of this listing.",
    )


@cache
def figure(fonttype: str = "none") -> Figure:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    settings: dict[str, Any] = {
        "svg.fonttype": fonttype,
        "svg.hashsalt": "il5report",
        "pdf.fonttype": 42,
        "font.size": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with plt.rc_context(settings):
        fig, axes = plt.subplots(figsize=(160 / 25.4, 95 / 25.4), layout="constrained")
        axes.step(
            [0, 2, 4.5, 7, 12],
            [1, 0.95, 0.85, 0.8, 0.8],
            where="post",
            color="#14507c",
            label="All subjects (N=20)",
        )
        axes.plot([5, 8, 10], [0.85, 0.8, 0.8], "|", color="#14507c")
        axes.set(xlabel="Months since infusion", ylabel="Probability of survival", ylim=(0, 1.03))
        axes.legend(frameon=False)
        svg = io.StringIO()
        fig.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(fig)
    words = (
        "Kaplan-Meier curve of overall survival: 80 % alive at 12 months, 4 deaths of 20 subjects."
    )
    return Figure(svg.getvalue(), words, 160, 95)


SOURCE = "Source: ADSL, ADAE. Data cut-off: 2026-06-30."


def display(id: str, number: str, title: str, body: Table | Listing | Figure) -> Display:
    kind = type(body).__name__.lower()
    return Display(
        id, kind, number, title, "Safety set (N=20)", body, (NOTE, "NE: not estimable."), SOURCE
    )  # type: ignore[arg-type]


def document(records: int = 300, banner: bool = True) -> Document:
    """A small report with every kind of block."""
    text = (
        "A total of 20 subjects received IL-5 CAR-T cells at one of three dose levels. The primary "
        "endpoint is the rate of complete remission within three months of infusion; its 95% "
        "confidence interval is exact (Clopper-Pearson). Cytokine release syndrome of any grade "
        "occurred in 17 of 20 subjects (85.0%), most of grade 1 or 2; the median time to onset was "
        "3 days after infusion."
    )
    sets = Table(
        (Head("Analysis set"), Head("Definition"), Head("n", align="right")),
        (
            Row("Enrolled set", (Cell("Signed consent and met all criteria"), Cell("23"))),
            Row("Safety set", (Cell("Received any amount of IL-5 CAR-T cells"), Cell("20"))),
            Row(
                "Kinetics set",
                (
                    Cell(
                        "Infused, with at least one quantifiable transgene value after infusion "
                        "and no rescue product"
                    ),
                    Cell("19"),
                ),
            ),
        ),
    )
    blocks: dict[str, tuple[Block, ...]] = {
        "9": (
            paragraph(text),
            Paragraph((Run("Dosing"),), "heading"),
            Items(((Run("Level 1"),), (Run("Level 2, "), Run("as planned", style="emphasis")))),
            Items(((Run("Screening"),), (Run("Infusion"),)), ordered=True),
            Paragraph((Run("To be written: the rationale of the dose."),), "place"),
            Paragraph(
                (
                    Run("Three subjects (15.0%)", refs=(7, 8)),
                    Run(" had the syndrome ("),
                    Run("Table 14.1.4", target="demography"),
                    Run("); see also "),
                    Run("9.7", target="section-9-7", style="strong"),
                    Run("."),
                )
            ),
        ),
        "9.7": (paragraph(text), sets),
        "14": (),
        "14.1": (
            display(
                "demography",
                "14.1.4",
                "Demography and baseline disease characteristics",
                demography(),
            ),
        ),
        "14.2": (
            display("survival", "14.2.6", "Overall survival", figure()),
            display(
                "survival_path", "14.2.7", "Overall survival, letters as outlines", figure("path")
            ),
        ),
        "14.3": (
            display(
                "ae_terms",
                "14.3.1.2",
                "Adverse events by system organ class and preferred term",
                adverse_events(),
            ),
            display(
                "one_row",
                "14.3.1.16",
                "Dose-limiting toxicities",
                Table(
                    heads("Event"),
                    (
                        Row(
                            "Any DLT",
                            tuple(
                                count(n, N)
                                for n, N in zip((0, 1, 1, 2), (3, 6, 11, 20), strict=True)
                            ),
                        ),
                    ),
                ),
            ),
            display(
                "none",
                "14.3.1.17",
                "Deaths within 30 days of infusion",
                Table(heads("Cause"), (), "No subject died within 30 days of infusion."),
            ),
        ),
        "16.2": (
            display("l_ae", "16.2.7.1", "Adverse events", listing(records)),
            display(
                "l_none",
                "16.2.7.2",
                "Events of IEC-HS",
                Listing(listing(0).heads, (), "No event of IEC-HS was reported."),
            ),
        ),
    }
    titles = {
        "9": "Investigational plan",
        "9.7": "Statistical methods",
        "14": "Tables and figures",
        "14.1": "Demographic data",
        "14.2": "Efficacy data",
        "14.3": "Safety data",
        "16.2": "Subject data listings",
    }
    return Document(
        "IL-5 CAR-T cells in relapsed or refractory eosinophilic leukaemia: a phase 1, open-label, "
        "single-arm study",
        "Clinical study report: tables, figures and listings",
        (
            ("Protocol", "TXB2025023"),
            ("Registry", "NCT07257640"),
            ("Phase", "1"),
            ("Sponsor", "Zhejiang University"),
            ("Data cut-off", "2026-06-30"),
        ),
        tuple(Section(n, titles[n], 1 + n.count("."), b) for n, b in blocks.items()),
        "Synthetic data: no person is described" if banner else "",
        "DRAFT",
        "TXB2025023 · IL-5 CAR-T in eosinophilic leukaemia",
        "2026-06-30",
        keywords=("CAR-T", "IL-5", "CD125"),
    )


HOSTILE = (
    "<script>alert(1)</script>",
    "\\input{/etc/passwd}",
    '#read("/etc/passwd")',
    '=HYPERLINK("x","y")',
    "T" * 200,
    "multi-word " * 18,
    "嗜酸性粒细胞白血病",
    "شديد",
    "לוקמיה",
    "50% & more",
    'it\'s "quoted"',
    "$x^2$ and $$",
    "a_b^c~d",
    "[x] *y* `z` ---",
    "\\\\[1cm]",
    "}{",
    "%",
    "#",
    "&lt;",
    "≥ ≤ − – — ± × µ α β ⁺ ₂ ∞ →",
    "½ € ° … • † ‘’ “”",
    "<<a>> ,, ?` !`",
    "tab\there",
    "bell\x07",
    "over\u202eride",
    "{{ 7*7 }}",
    "<% x %>",
    "*_@label_ =head //c /*c*/",
    "Ωμέγα",
    "naïve Łódź",
    "😀",
    "",
    "-",
    "'=1+1",
    "http://example.org/",
)


def hostile() -> Document:
    """Every text from `HOSTILE`, in every place a text can stand."""
    rows = tuple(
        Row(t, (Cell(t), Cell(t, 1)), i % 3, "data" if i % 7 else "heading")
        for i, t in enumerate(HOSTILE)
    )
    rows = tuple(
        Row(r.label, () if r.kind == "heading" else r.cells, r.indent, r.kind) for r in rows
    )
    table = Table(
        (Head("Term"), Head("<b>1", "N=1 & 2", "", "center"), Head("$2$", "#2", "\\span", "right")),
        rows,
    )
    records = Listing(tuple(Head(f"&{j}") for j in range(4)), [(t, t, t, t) for t in HOSTILE])
    wide = Table(
        tuple(Head(f"Column {j}", "N=10", align="center") for j in range(60)),
        tuple(
            Row(f"Row {i}", tuple(Cell(f"{i * j % 11} (9.1%)") for j in range(59)))
            for i in range(12)
        ),
    )
    blocks = tuple(
        Display(f"d-{kind}", kind, t, t, t, body, HOSTILE, t)  # type: ignore[arg-type]
        for (kind, body), t in zip(
            (("table", table), ("listing", records)), HOSTILE[:2], strict=True
        )
    )
    sections = (
        Section("1", HOSTILE[0], 1, tuple(map(paragraph, HOSTILE))),
        Section(
            "1.1",
            "Runs",
            2,
            (
                Items((tuple(map(Run, HOSTILE)),), ordered=True),
                Items(tuple((Run(t, (1,), "d-table", "strong"),) for t in HOSTILE)),
                Paragraph(tuple(Run(t, style="emphasis") for t in HOSTILE), "place"),
                Paragraph(tuple(map(Run, HOSTILE)), "heading"),
            ),
        ),
        Section("2", HOSTILE[1], 3, blocks),
        Section("", "60 columns", 1, (display("wide", "14.9.9", "Sixty columns", wide),)),
    )
    return Document(
        " ".join(HOSTILE[:4]),
        HOSTILE[2],
        tuple((t, t) for t in HOSTILE),
        sections,
        "Synthetic <data> \\& % " + "of nobody " * 12,
        "DRAFT #1",
        "header \\input{x} & </style><script> " + "and more words " * 8,
        "2026-06-30",
        keywords=('a"b', "}c"),
    )
