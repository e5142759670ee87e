-- PCMOVCR. TIPO D debits the account in Winthor's books, so it is money in; a company that reads it the other way
-- says `inflow: C` of the source.

with source as (

    select
        *,
        {{ envelope('winthor', 'movement_key') }}
    from {{ source('raw_winthor', 'pcmovcr') }}

),

sources as (

    select * from {{ source('raw_settings', 'sources') }}

),

banks as (

    select * from {{ source('raw_winthor', 'pcbanco') }}
    where {{ is_standing() }}

),

receivables as (

    select * from {{ source('raw_winthor', 'pcprest') }}
    where {{ is_standing() }}

),

payables as (

    select * from {{ source('raw_winthor', 'pclanc') }}
    where {{ is_standing() }}

),

-- an operation that settles one title names it, one that settles several names none
settled as (

    select
        together._source,
        cast(together.numtrans as varchar) as numtrans,
        min(together._key) as title_key
    from (
        select _source, numtrans, _key from receivables
        union all
        select _source, numtrans, _key from payables
    ) as together
    where nullif(together.numtrans, 0) is not null
    group by together._source, together.numtrans
    having count(*) = 1

),

-- legs in more than one account are a transfer
transfers as (

    select
        _source,
        numtrans
    from source
    where {{ is_standing() }} and numtrans not in ('', '0')
    group by _source, numtrans
    having min(concat(codbanco, '|', codcob)) <> max(concat(codbanco, '|', codcob))

),

final as (

    select
        {{ carried_envelope('source') }},
        source.movement_key,
        coalesce({{ blank_to_null('source.codfilial') }}, {{ blank_to_null('banks.codfilial') }}, '') as branch_code,
        {{ winthor_key('PCESTCR', ['source.codbanco', 'source.codcob'], 'source.source') }} as bank_account_key,
        cast(source.codbanco as varchar) as bank_code,
        {{ blank_to_null('banks.agencia') }} as agency,
        {{ blank_to_null('banks.conta') }} as account,
        source.data as moved_on,
        coalesce(source.dtcompensacao, source.data) as available_on,
        coalesce({{ local_date('source.datacompleta') }}, source.data) as recorded_on,
        source.valor as amount,
        case
            when source.tipo = coalesce(sources.inflow, 'D') then source.valor
            when source.tipo in ('D', 'C') then -source.valor
        end as signed_amount,
        'BRL' as currency,
        {{ blank_to_null('source.operacao') }} as movement_type,
        {{ blank_to_null('source.codcob') }} as settlement_reason,
        settled.title_key,
        cast(source.codcli as varchar) as partner_code,
        coalesce({{ blank_to_null('source.numdoc') }}, {{ blank_to_null('source.numcheque') }}) as document_number,
        nullif(concat_ws(' ', {{ blank_to_null('source.historico') }}, {{ blank_to_null('source.historico2') }}), '') as history,
        case when transfers.numtrans is not null then source.numtrans end as transfer_id,
        -- a reversal with a counter-movement leaves both legs standing; without one the row itself no longer counts
        coalesce(source.dtestorno is not null and nullif(source.numtransest, 0) is null, false) as is_cancelled,
        case when nullif(source.numtransest, 0) is null then source.dtestorno end as cancelled_on,
        source.dtconcil is not null as is_reconciled,
        source.dtconcil as reconciled_on,
        coalesce(source.dtestorno is null or nullif(source.numtransest, 0) is not null, true) as moves_balance,
        coalesce({{ blank_to_null('source.rotinalancamento') }}, {{ blank_to_null('source.codrotinalanc') }}) as routine,
        source.valor as native_amount
    from source
    left join sources on source._source = sources.source
    left join banks
        on
            source._source = banks._source
            and source.codbanco = banks.codbanco
    left join settled
        on
            source._source = settled._source
            and source.numtrans = settled.numtrans
    left join transfers
        on
            source._source = transfers._source
            and source.numtrans = transfers.numtrans

)

select * from final
