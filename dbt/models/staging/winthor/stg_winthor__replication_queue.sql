-- PCW2C_QUEUE, whose columns nobody published: each is read under every likely name. A row with a sending time was sent, one with an
-- error or a status of failure failed; a status that no catalogue knows is shown as it came.

with source as (

    select * from {{ source('raw_winthor', 'pcw2c_queue') }}

),

entries as (

    select * from {{ source('raw_winthor', 'pcretconciliacaomaisneg') }}
    where {{ is_standing() }}

),

statuses as (

    select * from {{ ref('replication_statuses') }}
    where system = 'winthor'

),

told as (

    select
        *,
        {{ envelope('winthor', 'queue_key') }},
        -- the owner's schema may stand before the table
        regexp_replace(upper({{ blank_to_null('tabela') }}), '^.*[.]', '') as record_table,
        {{ blank_to_null('chave') }} as record_key,
        coalesce(dtinclusao, dtcriacao) as queued_at,
        coalesce(dtenvio, dtprocessamento) as sent_at,
        coalesce({{ blank_to_null('erro') }}, {{ blank_to_null('mensagem') }}) as error,
        upper(coalesce({{ blank_to_null('status') }}, {{ blank_to_null('situacao') }})) as native_status
    from source

),

final as (

    select
        {{ carried_envelope('told') }},
        told.queue_key,
        -- entries of the financier are no canonical entity that would tell their branch
        coalesce({{ blank_to_null('told.codfilial') }}, {{ blank_to_null('entries.codfilial') }}) as branch_code,
        told.record_table,
        told.record_key,
        upper(left({{ blank_to_null('told.operacao') }}, 1)) as operation,
        told.queued_at,
        told.sent_at,
        case
            when statuses.state in ('failed', 'sent') then statuses.state
            when told.sent_at is not null and told.error is null then 'sent'
            when told.error is not null then 'failed'
            else coalesce(statuses.state, told.native_status, 'pending')
        end as status,
        told.error
    from told
    left join statuses on told.native_status = statuses.native_status
    left join entries
        on
            told._source = entries._source
            and told.record_table = 'PCRETCONCILIACAOMAISNEG'
            and told.record_key = cast(entries.conciliacaoid as varchar)

)

select * from final
