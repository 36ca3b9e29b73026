# ETC 通行给减排量不给能量：奖励通行等于奖励开车。
# An ETC passage gives carbon and no energy, because rewarding tolls would reward driving.
#
#   0.0314 L × 2,156 g/L × 0.5 (additionality) = 33.8492 g = 33,849 mg

customer lin joined 2026-06-01 with credit consenting to card_payments, whereabouts

file july
on 2026-07-06
  10:01 exit  lin pays ¥23.75 to etc_toll in Beijing by auto_debit with credit     -> posted 33,849 mg, 0 energy

expect
  lin etc_toll: 1 act, 33,849 mg, 0 energy
