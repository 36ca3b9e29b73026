# 步数只给能量：每满一千步 18 点，一天至多 180 点。
# Steps give energy only: 18 for every full thousand, at most 180 a day.
#
#   8,500 steps: 8 full thousands × 18 = 144
#   24,000 steps are cut to 10,000:      10 × 18 = 180

customer lin joined 2026-06-01 consenting to steps

file july
on 2026-07-06
  23:01 monday   lin does steps.recorded {steps=8500}     -> posted 0 mg, 144 energy
on 2026-07-07
  23:01 tuesday  lin does steps.recorded {steps=24000}    -> posted 0 mg, 180 energy

expect
  lin walking_steps: 2 acts, 0 mg, 324 energy
