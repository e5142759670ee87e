-- Receivable titles as Protheus keeps them in PostgreSQL: blank-padded text, dates as eight digits, a record number,
-- a deletion mark and the database's own stamps. {rows} of them, the same every time.
drop table if exists se1010;
create table se1010 (
    e1_filial char(4) not null, e1_prefixo char(3) not null, e1_num char(9) not null, e1_parcela char(2) not null,
    e1_tipo char(3) not null, e1_naturez char(10) not null, e1_portado char(3) not null, e1_agedep char(5) not null,
    e1_conta char(10) not null, e1_cliente char(6) not null, e1_loja char(2) not null, e1_nomcli char(20) not null,
    e1_emissao char(8) not null, e1_vencrea char(8) not null, e1_emis1 char(8) not null, e1_baixa char(8) not null,
    e1_valor numeric(16,2) not null, e1_saldo numeric(16,2) not null, e1_valliq numeric(16,2) not null,
    e1_juros numeric(16,2) not null, e1_situaca char(1) not null, e1_hist char(25) not null,
    d_e_l_e_t_ char(1) not null, r_e_c_n_o_ bigint primary key, s_t_a_m_p_ timestamp, i_n_s_d_t_ timestamp
);
insert into se1010
select
    '01' || lpad((i % 7)::text, 2, '0'), 'UNI', lpad((i / 3)::text, 9, '0'), lpad((i % 3 + 1)::text, 2, '0'), 'NF',
    '1001', '341', '1234', '567890', lpad((i % 20000)::text, 6, '0'), '01', 'CLIENTE ' || (i % 20000),
    to_char(issued, 'YYYYMMDD'), to_char(issued + 30, 'YYYYMMDD'), to_char(issued, 'YYYYMMDD'),
    case when i % 3 = 0 then to_char(issued + 31, 'YYYYMMDD') else '' end,
    amount, case when i % 3 = 0 then 0 else amount end, case when i % 3 = 0 then amount else 0 end, 0,
    '0', 'VENDA ' || i, case when i % 100 = 0 then '*' else ' ' end, i,
    timestamp '2026-01-01' + i * interval '20 seconds', timestamp '2026-01-01'
from (
    select i, date '2024-01-01' + (i % 900)::int as issued, (i * 7919 % 1000000) / 100.0 + 10 as amount
    from generate_series(1::bigint, {rows}) as i
) as numbered;
analyze se1010
