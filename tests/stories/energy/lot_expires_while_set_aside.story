# 冻结期间批次到期的，退回时随即到期：已过期的不会复活。
# A lot that expires while it is set aside does not come back to life when it is given back.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-07 08:00
  july arrives
  lin collects         -> done 20
at 2027-07-31 20:00
  lin sets aside 15 as gym until 2027-08-02 12:00      -> done 15
at 2027-08-01 08:00
  lin has 15 held
  lin gives back gym   -> done 15
  lin has nothing
