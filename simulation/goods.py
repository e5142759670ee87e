"""What is bought and sold in the simulated world: one list of invented products and their classification.

Only facts of a product. The taxes of a sale depend on seller, buyer and day and are computed in documents.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Goods:
    """A product: ERP code, EAN (or ``SEM GTIN``), NCM, CEST when under ST, unit, price in centavos, IPI rate.

    ``is_food`` marks what has PIS and COFINS at zero and 60 % less IBS and CBS.
    """

    code: str
    name: str
    ncm: str
    unit: str
    price: int
    ean: str
    cest: str = ""
    ipi_rate: int = 0
    is_food: bool = False

    @property
    def is_st(self) -> bool:
        """Tell whether the product is under substituição tributária."""
        return bool(self.cest)


def _ean(number: int) -> str:
    body = f"7890{number:08d}"
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    return body + str(-(odd + 3 * even) % 10)


# name, NCM, unit, price in centavos, CEST, IPI rate, is food
_ROWS: tuple[tuple[str, str, str, int, str, int, bool], ...] = (
    ("Açúcar cristal 5 kg", "17019900", "FD", 8_990, "", 0, True),
    ("Café torrado & moído 500 g", "09012100", "CX", 23_450, "", 0, True),
    ("Arroz agulhinha tipo 1", "10063021", "FD", 11_275, "", 0, True),
    ("Óleo de soja 900 ml", "15079011", "CX", 14_380, "", 0, True),
    ("Leite em pó integral", "04022110", "CX", 31_260, "", 0, True),
    ("Farinha de trigo especial", "11010010", "SC", 9_735, "", 0, True),
    ("Biscoito recheado sortido", "19053100", "CX", 6_420, "", 0, False),
    ("Refrigerante guaraná 2 l", "22021000", "PT", 3_890, "0301000", 325, False),
    ("Água mineral com gás", "22011000", "PT", 1_980, "0300300", 0, False),
    ("Cerveja puro malte 350 ml", "22030000", "CX", 5_990, "0302100", 390, False),
    ("Detergente neutro 500 ml", "34022000", "CX", 4_515, "", 325, False),
    ("Sabão em pó 1 kg", "34022000", "CX", 13_680, "", 325, False),
    ("Xampu infantil <sem sal>", "33051000", "CX", 17_325, "2001600", 455, False),
    ("Papel A4 75 g/m²", "48025610", "RM", 2_789, "", 0, False),
    ("Caixa de papelão ondulado", "48191000", "MIL", 84_500, "", 650, False),
    ("Filme plástico stretch", "39201099", "RL", 6_290, "", 975, False),
    ('Parafuso sextavado 1/4"', "73181500", "CTO", 3_218, "", 650, False),
    ("Chapa de aço galvanizado", "72104910", "KG", 1_137, "", 325, False),
    ("Rolamento rígido de esferas", "84821010", "UN", 4_873, "", 780, False),
    ("Óleo lubrificante 15W40", "27101932", "BD", 38_940, "0600700", 0, False),
    ("Pneu aro 14", "40111000", "UN", 32_990, "1600100", 0, False),
    ("Pastilha de freio", "87083090", "JG", 9_145, "0103700", 325, False),
    ("Bateria 60 Ah", "85071010", "UN", 41_800, "0102000", 975, False),
    ("Lâmpada LED 9 W", "85395200", "UN", 812, "0900500", 0, False),
    ("Cabo flexível 2,5 mm²", "85444900", "RL", 18_760, "1200700", 325, False),
    ("Notebook 14 polegadas", "84713012", "UN", 349_900, "2102900", 975, False),
    ("Impressora térmica", "84433299", "UN", 67_350, "", 975, False),
    ("Cadeira giratória", "94013090", "UN", 45_900, "", 325, False),
    ("Mesa em L 1,60 m", "94033000", "UN", 72_480, "", 325, False),
    ("Camiseta de algodão", "61091000", "PC", 2_495, "", 0, False),
    ("Luva de segurança", "61161000", "PAR", 935, "", 0, False),
    ("Ração para cães 15 kg", "23091000", "SC", 13_290, "2200100", 650, False),
)

CATALOGUE: tuple[Goods, ...] = tuple(
    Goods(
        code=f"P{number:05d}",
        name=name,
        ncm=ncm,
        unit=unit,
        price=price,
        # One product in five is sold without a bar code.
        ean="SEM GTIN" if number % 5 == 0 else _ean(number),
        cest=cest,
        ipi_rate=ipi_rate,
        is_food=is_food,
    )
    for number, (name, ncm, unit, price, cest, ipi_rate, is_food) in enumerate(_ROWS, start=1)
)
