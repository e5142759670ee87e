{#-
    What kind of document a row of an ERP is, and whether an XML must stand behind it: the key says that, else the species does. Services and paper have no XML; a species nobody
    told us of says nothing. Gives model, expects_xml and has_no_xml; `species` is a row of erp_document_species or null.
-#}
{% macro document_kind(access_key, species='species') -%}
    coalesce(
            {{ species }}.model, case when {{ is_access_key(access_key) }} then {{ access_key_model(access_key) }} end
        ) as model,
        case
            when {{ is_access_key(access_key) }} then {{ access_key_model(access_key) }} in {{ models_read() }}
            else coalesce({{ species }}.expects_xml and {{ species }}.model in {{ models_read() }}, false)
        end as expects_xml,
        coalesce(not {{ species }}.expects_xml, false) and not coalesce({{ is_access_key(access_key) }}, false) as has_no_xml
{%- endmacro %}
