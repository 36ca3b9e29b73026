# 一期电子账单省下两页纸、信封和邮递，与中信公布的 24 克相符。
# An e-statement saves two sheets, an envelope and the post; CITIC publishes the same 24 g.
#
#   2 × 6.7 + 8 + 3 − 0.5 = 23.9 g = 23,900 mg

customer lin joined 2026-06-01 with credit consenting to card_payments

file july
on 2026-07-06
  08:01 june  lin does statement.delivered with credit {mode=electronic, period=2026-06}     -> posted 23,900 mg, 20 energy

expect
  lin e_statement: 1 act, 23,900 mg, 20 energy
