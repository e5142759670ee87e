-- What happened to a receivable, as far as PCPREST remembers: it keeps the last payment, the last reversal and the last extension only,
-- and a payment that was reversed is gone from the row. So inclusion minus payment or cancellation is what is open, and a reversal moves
-- nothing.

with source as (

    select
        *,
        {{ envelope('winthor', 'title_key') }}
    from {{ source('raw_winthor', 'pcprest') }}

),

movements as (

    select * from {{ source('raw_winthor', 'pcmovcr') }}
    where {{ is_standing() }}

),

-- NUMTRANS names a whole operation: only where it has one leg is the movement known
single_legs as (

    select
        _source,
        numtrans,
        min(_key) as bank_movement_key
    from movements
    where numtrans not in ('', '0')
    group by _source, numtrans
    having count(*) = 1

),

inclusions as (

    select
        source.*,
        'inclusion' as kind,
        coalesce({{ local_date('source.dtinclusao') }}, source.dtemissao) as moved_on,
        coalesce(nullif(source.valor, 0), source.valororig) as moved_amount,
        coalesce(nullif(source.valor, 0), source.valororig) as principal_amount,
        1 as balance_effect
    from source

),

settlements as (

    select
        source.*,
        -- a title that was split is closed with the billing code DESD, its parts stand beside it
        case when source.codcob = 'DESD' then 'split' else 'settlement' end as kind,
        source.dtpag as moved_on,
        coalesce(source.vpago, source.valor) as moved_amount,
        coalesce(nullif(source.valor, 0), source.valororig) as principal_amount,
        -1 as balance_effect
    from source
    where source.dtpag is not null

),

cancellations as (

    select
        source.*,
        'cancellation' as kind,
        source.dtcancel as moved_on,
        coalesce(nullif(source.valor, 0), source.valororig) as moved_amount,
        coalesce(nullif(source.valor, 0), source.valororig) as principal_amount,
        -1 as balance_effect
    from source
    where source.dtcancel is not null and source.dtpag is null

),

reversals as (

    select
        source.*,
        'reversal' as kind,
        coalesce(source.dtultestorno, source.dtestorno) as moved_on,
        coalesce(source.valorestorno, source.valor) as moved_amount,
        0 as principal_amount,
        0 as balance_effect
    from source
    where coalesce(source.dtultestorno, source.dtestorno) is not null

),

extensions as (

    select
        source.*,
        'extension' as kind,
        source.dtlancprorrog as moved_on,
        coalesce(nullif(source.valor, 0), source.valororig) as moved_amount,
        0 as principal_amount,
        0 as balance_effect
    from source
    where source.dtvenc > coalesce(source.dtvencorig, source.dtvencanterior)

),

events as (

    select * from inclusions
    union all
    select * from settlements
    union all
    select * from cancellations
    union all
    select * from reversals
    union all
    select * from extensions

),

final as (

    select
        {{ carried_envelope('events', part='events.kind') }},
        concat(events.title_key, '|', events.kind) as movement_key,
        coalesce({{ blank_to_null('events.codfilialnf') }}, {{ blank_to_null('events.codfilial') }}, '') as branch_code,
        events.title_key,
        'receivable' as side,
        events.kind,
        {{ blank_to_null('events.codcob') }} as native_type,
        case when events.kind in ('settlement', 'split') then {{ blank_to_null('events.codbaixa') }} end as settlement_reason,
        events.moved_on,
        case
            when events.kind in ('settlement', 'split') then coalesce(events.dtbaixa, events.dtpag)
            else events.moved_on
        end as recorded_on,
        events.moved_on as available_on,
        events.moved_amount as amount,
        cast(events.principal_amount as decimal(18, 2)) as principal_amount,
        events.balance_effect,
        case when events.kind = 'settlement' then events.txperm end as interest_amount,
        case when events.kind = 'settlement' then events.valormulta end as penalty_amount,
        case when events.kind = 'settlement' then events.valordesc end as discount_amount,
        'BRL' as currency,
        {{ blank_to_null('events.codcob') }} as wallet,
        case when events.kind = 'settlement' then single_legs.bank_movement_key end as bank_movement_key,
        case when events.kind = 'settlement' then {{ winthor_key('PCMOVCR', ['events.numtrans'], 'events.source') }} end as operation_key,
        events.kind = 'reversal' as is_reversal,
        false as is_reversed,
        -- a row of PCPREST is one title with one VALOR, of whose movements only the first is always there
        case when events.kind = 'inclusion' then events.valor end as native_amount
    from events
    left join single_legs
        on
            events._source = single_legs._source
            and cast(events.numtrans as varchar) = single_legs.numtrans

)

select * from final
