-- What an ERP holds and a platform should come to see, whatever its table: when it was produced, and when the store first had it.
-- Where only a day is known, the record was produced at some time of it: `produced_by` is the last instant that is possible.

with documents as (

    select * from {{ ref('int_erp_documents__unioned') }}

),

orders as (

    select * from {{ ref('int_orders__unioned') }}

),

titles as (

    select * from {{ ref('int_titles__unioned') }}

),

bank_movements as (

    select * from {{ ref('int_bank_movements__unioned') }}

),

customer_credits as (

    select * from {{ ref('int_customer_credits__unioned') }}

),

partners as (

    select * from {{ ref('int_partners__unioned') }}

),

versions as (

    {% for relation, key, stream, day, amount in [
        ('documents', 'erp_document_key', 'invoices', 'posted_on', 'amount'),
        ('orders', 'order_key', 'orders', 'ordered_on', 'amount'),
        ('titles', 'title_key', 'titles', 'recorded_on', 'amount'),
        ('bank_movements', 'movement_key', 'bank_conciliation', 'recorded_on', 'amount'),
        ('customer_credits', 'credit_key', 'credits', 'credited_on', 'amount'),
        ('partners', 'partner_key', 'customers', 'cast(null as date)', 'cast(null as decimal(18, 2))'),
    ] -%}
    select
        source,
        company_code,
        branch_code,
        {{ key }} as entity_key,
        '{{ stream }}' as stream,
        {{ day }} as produced_on,
        {{ amount }} as amount,
        inserted_at,
        changed_at,
        version,
        recorded_at,
        superseded_at,
        is_deleted
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- a stamp of the very day tells its hour; one of another day tells of a later change
timed as (

    select
        *,
        coalesce(
            inserted_at,
            case when {{ local_date('changed_at') }} = coalesce(produced_on, {{ local_date('changed_at') }}) then changed_at end
        ) as stamped_at
    from versions

),

final as (

    select
        source,
        entity_key,
        split_part(entity_key, '|', 2) as record_table,
        substr(entity_key, length(source) + length(split_part(entity_key, '|', 2)) + 3) as record_key,
        min(stream) as stream,
        max(company_code) as company_code,
        max(branch_code) as branch_code,
        max(amount) as amount,
        -- the first version is the nearest to the production
        min_by(coalesce(stamped_at, {{ local_midnight('produced_on', "'America/Sao_Paulo'") }}), version) as produced_at,
        min_by(coalesce(stamped_at, {{ local_midnight('produced_on + 1', "'America/Sao_Paulo'") }}), version) as produced_by,
        min(recorded_at) as visible_at,
        bool_or(superseded_at is null and not is_deleted) as is_standing
    from timed
    group by source, entity_key

)

select * from final
