-- FK7: its key is written with every field at full width, its split columns are younger than the table.

with source as (

    select
        *,
        {{ blank_to_null('fk7_chave') }} is not null as has_key
    from {{ source('raw_protheus', 'fk7') }}
    where {{ is_standing() }}

),

split as (

    select
        _source as source,
        _key as row_key,
        {{ blank_to_null('fk7_iddoc') }} as title_id,
        trim(fk7_alias) as alias,
        coalesce(rtrim(case when has_key then split_part(fk7_chave, '|', 1) else fk7_filtit end), '') as branch,
        coalesce(rtrim(case when has_key then split_part(fk7_chave, '|', 2) else fk7_prefix end), '') as title_prefix,
        coalesce(rtrim(case when has_key then split_part(fk7_chave, '|', 3) else fk7_num end), '') as title_number,
        coalesce(rtrim(case when has_key then split_part(fk7_chave, '|', 4) else fk7_parcel end), '') as instalment,
        coalesce(rtrim(case when has_key then split_part(fk7_chave, '|', 5) else fk7_tipo end), '') as title_type,
        coalesce(rtrim(case when has_key then split_part(fk7_chave, '|', 6) else fk7_clifor end), '') as partner_code,
        coalesce(rtrim(case when has_key then split_part(fk7_chave, '|', 7) else fk7_loja end), '') as partner_store
    from source

),

final as (

    select
        source,
        title_id,
        min(
            case alias
                when 'SE1'
                    then {{ key_of_row('SE1', ['branch', 'title_prefix', 'title_number', 'instalment', 'title_type'], source='source') }}
                else
                    {{ key_of_row(
                        'SE2',
                        ['branch', 'title_prefix', 'title_number', 'instalment', 'title_type', 'partner_code', 'partner_store'],
                        source='source'
                    ) }}
            end
        ) as title_key
    from split
    where alias in ('SE1', 'SE2')
    group by source, title_id
    having count(distinct row_key) = 1

)

select * from final
