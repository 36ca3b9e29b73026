# 更正要两个人：经办提出、复核批准，自己不能批自己的；批准之前什么也不动。
# A correction needs two people: who proposes it cannot approve it, and nothing moves before.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-07 08:00
  july arrives
  lin collects                          -> done 20
  wei proposes +30 for lin as sorry     -> proposed
  lin has 20 available
  wei approves sorry                    -> refused
  lin has 20 available
  wang approves sorry                   -> done 30
  wang approves sorry                   -> exists 30
  lin has 50 available
  wei proposes -60 for lin as wrong     -> proposed
  wang approves wrong                   -> not_enough
  wei proposes -10 for lin as less      -> proposed
  wang declines less                    -> declined
  wang approves less                    -> refused
  lin has 50 available
