# 一天以北京时间的零点为界：23:50 与 00:10 的步数属于两天。
# A day ends at midnight in Beijing: 23:50 and 00:10 are two days, although both are the same day in London.
#
#   one walk a day counts: 2 × 5 × 18 = 180 energy

customer lin joined 2026-06-01 consenting to steps

file july
on 2026-07-06
  23:50 monday   lin does steps.recorded {steps=5000}     -> posted 0 mg, 90 energy
on 2026-07-07
  00:10 tuesday  lin does steps.recorded {steps=5000}     -> posted 0 mg, 90 energy
  00:20 again    lin does steps.recorded {steps=5000}     -> capped 0 mg, 0 energy

expect
  lin holds 0 mg, 180 energy
