"""Events of NF-e (1.00) and CT-e (4.00) with their answers, and their summaries, as text."""

from collections.abc import Callable
from datetime import timedelta

from simulation.clock import offset
from simulation.events import Event, EventType
from simulation.xml import cte, nfe
from simulation.xml.signature import sign

_NAMES = {
    EventType.CORRECTION: "Carta de Correcao",
    EventType.CANCELLATION: "Cancelamento",
    EventType.CONFIRMATION: "Confirmacao da Operacao",
    EventType.AWARENESS: "Ciencia da Operacao",
    EventType.UNKNOWN_OPERATION: "Desconhecimento da Operacao",
    EventType.REFUSAL: "Operacao nao Realizada",
    EventType.DISAGREEMENT: "Prestacao do Servico em Desacordo",
    EventType.DISAGREEMENT_REVOKED: "Cancelamento Prestacao do Servico em Desacordo",
}
_ANSWERS = {
    "135": "Evento registrado e vinculado",
    "155": "Cancelamento homologado fora de prazo",
    "573": "Rejeicao: Duplicidade de evento",
}
_CONDITIONS = (
    "A Carta de Correcao e disciplinada pelo paragrafo 1o-A do art. 7o do Convenio S/N, de 15 de dezembro de "
    "1970 e pode "
    "ser utilizada para regularizacao de erro ocorrido na emissao de documento fiscal, desde que o erro nao "
    "esteja "
    "relacionado com: I - as variaveis que determinam o valor do imposto tais como: base de calculo, "
    "aliquota, diferenca "
    "de preco, quantidade, valor da operacao ou da prestacao; II - a correcao de dados cadastrais que "
    "implique mudanca "
    "do remetente ou do destinatario; III - a data de emissao ou de saida."
)
_REJECTIONS = frozenset({"573"})
# The recipient's events go to the national environment.
_NATIONAL = "91"


def processed(event: Event) -> str:
    """Write the ``procEventoNFe`` or ``procEventoCTe``: the event together with its answer."""
    return _cte_event(event) if event.document.model == "57" else _nfe_event(event)


def summary(event: Event) -> str:
    """Write the ``resEvento`` of an NF-e's event, as the distribution service hands it out."""
    return (
        f'<resEvento xmlns="{nfe.NAMESPACE}" versao="1.01"><cOrgao>{_organ(event)}</cOrgao>'
        f"<CNPJ>{event.author_id}</CNPJ><chNFe>{event.document.access_key}</chNFe>"
        f"<dhEvento>{event.at.isoformat()}</dhEvento>"
        f"<tpEvento>{event.type}</tpEvento><nSeqEvento>{event.sequence}</nSeqEvento>"
        f"<xEvento>{_NAMES[event.type]}</xEvento>"
        f"<dhRecbto>{_registered(event)}</dhRecbto><nProt>{event.protocol}</nProt></resEvento>"
    )


def _nfe_event(event: Event) -> str:
    key, name = event.document.access_key, _NAMES[event.type]
    detail = _NFE_DETAILS.get(event.type, _no_detail)(event)
    sent = sign(
        root="evento",
        root_version="1.00",
        element="infEvento",
        element_id=f"ID{event.type}{key}{event.sequence:02d}",
        namespace=nfe.NAMESPACE,
        content=(
            f"{_head(event, 'chNFe')}<verEvento>1.00</verEvento>"
            f'<detEvento versao="1.00"><descEvento>{name}</descEvento>{detail}</detEvento>'
        ),
    )
    return (
        f'<procEventoNFe versao="1.00" xmlns="{nfe.NAMESPACE}">{sent.xml}'
        f'<retEvento versao="1.00">{_answer(event, "chNFe")}</retEvento></procEventoNFe>'
    )


def _cte_event(event: Event) -> str:
    key, name = event.document.access_key, _NAMES[event.type]
    tag, detail = _CTE_DETAILS[event.type]
    sent = sign(
        root="eventoCTe",
        root_version="4.00",
        element="infEvento",
        element_id=f"ID{event.type}{key}{event.sequence:03d}",
        namespace=cte.NAMESPACE,
        content=(
            f'{_head(event, "chCTe")}<detEvento versaoEvento="4.00">'
            f"<{tag}><descEvento>{name}</descEvento>{detail(event)}</{tag}></detEvento>"
        ),
    )
    return (
        f'<procEventoCTe versao="4.00" xmlns="{cte.NAMESPACE}">{sent.xml}'
        f'<retEventoCTe versao="4.00">{_answer(event, "chCTe")}</retEventoCTe></procEventoCTe>'
    )


def _head(event: Event, key_tag: str) -> str:
    document = event.document
    return (
        f"<cOrgao>{_organ(event)}</cOrgao><tpAmb>{document.shape.environment}</tpAmb><CNPJ>{event.author_id}</CNPJ>"
        f"<{key_tag}>{document.access_key}</{key_tag}><dhEvento>{event.at.isoformat()}</dhEvento>"
        f"<tpEvento>{event.type}</tpEvento><nSeqEvento>{event.sequence}</nSeqEvento>"
    )


def _answer(event: Event, key_tag: str) -> str:
    document = event.document
    protocol = "" if event.status in _REJECTIONS else f"<nProt>{event.protocol}</nProt>"
    return (
        f"<infEvento><tpAmb>{document.shape.environment}</tpAmb><verAplic>SIMULA_1.00</verAplic>"
        f"<cOrgao>{_organ(event)}</cOrgao><cStat>{event.status}</cStat><xMotivo>{_ANSWERS[event.status]}</xMotivo>"
        f"<{key_tag}>{document.access_key}</{key_tag}><tpEvento>{event.type}</tpEvento>"
        f"<xEvento>{_NAMES[event.type]}</xEvento><nSeqEvento>{event.sequence}</nSeqEvento>"
        f"<dhRegEvento>{_registered(event)}</dhRegEvento>{protocol}</infEvento>"
    )


def _organ(event: Event) -> str:
    is_recipients = event.document.model == "55" and event.type.startswith("2")
    return _NATIONAL if is_recipients else event.document.access_key[:2]


def _registered(event: Event) -> str:
    # The national environment answers in Brasília's time, wherever the author is.
    at = event.at.astimezone(offset(-3)) if _organ(event) == _NATIONAL else event.at
    return (at + timedelta(seconds=2)).isoformat()


def _no_detail(_event: Event) -> str:
    return ""


def _cancellation(event: Event) -> str:
    return f"<nProt>{event.document.protocol}</nProt><xJust>Pedido cancelado pelo comprador</xJust>"


def _refusal(_event: Event) -> str:
    return "<xJust>Mercadoria recusada no recebimento</xJust>"


def _correction(event: Event) -> str:
    return (
        f"<xCorrecao>Onde se lê volume 1, leia-se volume {event.sequence + 1}</xCorrecao>"
        f"<xCondUso>{_CONDITIONS}</xCondUso>"
    )


def _disagreement(_event: Event) -> str:
    return "<indDesacordoOper>1</indDesacordoOper><xObs>Valor do frete diferente do contratado</xObs>"


def _revocation(event: Event) -> str:
    return f"<nProtEvPrestDes>{event.revoked_protocol}</nProtEvPrestDes>"


_NFE_DETAILS: dict[EventType, Callable[[Event], str]] = {
    EventType.CANCELLATION: _cancellation,
    EventType.REFUSAL: _refusal,
    EventType.CORRECTION: _correction,
}
_CTE_DETAILS: dict[EventType, tuple[str, Callable[[Event], str]]] = {
    EventType.CANCELLATION: ("evCancCTe", _cancellation),
    EventType.DISAGREEMENT: ("evPrestDesacordo", _disagreement),
    EventType.DISAGREEMENT_REVOKED: ("evCancPrestDesacordo", _revocation),
}
