CREATE OR REPLACE TEMPORARY TABLE quantified AS
WITH fact AS (
  SELECT
    recognized.*,
    rate_period.period AS q_period,
    COALESCE(here.place, prefecture.place, province.place, 0) AS q_place,
    CASE
      WHEN recognized.scenario IN (1, 2, 3, 5, 6)
      THEN recognized.attributes ->> '$.distance_m'
    END AS q_text_distance_m,
    CASE
      WHEN recognized.scenario IN (1, 2, 3, 6)
      THEN recognized.attributes ->> '$.ride_count'
    END AS q_text_ride_count,
    CASE WHEN recognized.scenario IN (3) THEN recognized.attributes ->> '$.vehicle' END AS q_text_vehicle,
    CASE
      WHEN recognized.scenario IN (4)
      THEN recognized.attributes ->> '$.electricity_wh'
    END AS q_text_electricity_wh,
    CASE WHEN recognized.scenario IN (9) THEN recognized.attributes ->> '$.steps' END AS q_text_steps
  FROM recognized
  LEFT JOIN rate_period
    ON rate_period.day = CAST(recognized.occurred_at + INTERVAL '8' HOUR AS DATE)
  LEFT JOIN rate_place AS here
    ON here.city = recognized.city
  LEFT JOIN rate_place AS prefecture
    ON prefecture.city = recognized.city // 100 * 100
  LEFT JOIN rate_place AS province
    ON province.city = recognized.city // 10000 * 10000
), measured AS (
  SELECT
    fact.*,
    CASE
      WHEN CAST(TRY_CAST(q_text_distance_m AS BIGINT) AS TEXT) = q_text_distance_m
      AND TRY_CAST(q_text_distance_m AS BIGINT) BETWEEN 0 AND 100000000
      THEN TRY_CAST(q_text_distance_m AS BIGINT)
    END AS q_distance,
    CASE
      WHEN q_text_ride_count IS NULL
      THEN 1
      WHEN CAST(TRY_CAST(q_text_ride_count AS BIGINT) AS TEXT) = q_text_ride_count
      AND TRY_CAST(q_text_ride_count AS BIGINT) BETWEEN 0 AND 1000
      THEN TRY_CAST(q_text_ride_count AS BIGINT)
    END AS q_rides,
    CASE WHEN amount_fen BETWEEN 1 AND 10000000000 THEN amount_fen END AS q_amount,
    CASE
      WHEN CAST(TRY_CAST(q_text_electricity_wh AS BIGINT) AS TEXT) = q_text_electricity_wh
      AND TRY_CAST(q_text_electricity_wh AS BIGINT) BETWEEN 0 AND 10000000
      THEN TRY_CAST(q_text_electricity_wh AS BIGINT)
    END AS q_electricity,
    CASE
      WHEN CAST(TRY_CAST(q_text_steps AS BIGINT) AS TEXT) = q_text_steps
      AND TRY_CAST(q_text_steps AS BIGINT) BETWEEN 0 AND 1000000
      THEN TRY_CAST(q_text_steps AS BIGINT)
    END AS q_steps
  FROM fact
), fared AS (
  SELECT
    measured.*,
    rate_fare.slot AS q_fare_slot
  FROM measured
  LEFT JOIN rate_fare
    ON rate_fare.fare = CASE
      WHEN measured.scenario IN (1) AND q_rides = 1
      THEN (
        (
          q_amount * 22 + scenario
        ) * 13 + q_place
      ) * 2 + q_period
    END
), branched AS (
  SELECT
    fared.*,
    CASE scenario
      WHEN 1
      THEN CASE
        WHEN NOT q_distance IS NULL
        THEN 1
        WHEN q_text_ride_count IN ('2', '3', '4') AND NOT q_rides IS NULL
        THEN 2
        WHEN q_text_ride_count IN (
          '5',
          '6',
          '7',
          '8',
          '9',
          '10',
          '11',
          '12',
          '13',
          '14',
          '15',
          '16',
          '17',
          '18',
          '19',
          '20',
          '21',
          '22',
          '23',
          '24',
          '25',
          '26',
          '27',
          '28',
          '29',
          '30'
        )
        THEN 3
        WHEN NOT q_fare_slot IS NULL
        THEN -1
        WHEN NOT q_rides IS NULL
        THEN 4
        ELSE 0
      END
      WHEN 2
      THEN CASE WHEN NOT q_distance IS NULL THEN 6 WHEN NOT q_rides IS NULL THEN 7 ELSE 5 END
      WHEN 3
      THEN CASE
        WHEN q_text_vehicle IN ('ebike') AND NOT q_distance IS NULL
        THEN 9
        WHEN NOT q_distance IS NULL
        THEN 10
        WHEN q_text_vehicle IN ('ebike') AND NOT q_rides IS NULL
        THEN 11
        WHEN NOT q_rides IS NULL
        THEN 12
        ELSE 8
      END
      WHEN 4
      THEN CASE
        WHEN NOT q_electricity IS NULL
        THEN 14
        WHEN NOT q_amount IS NULL
        THEN 15
        ELSE 13
      END
      WHEN 5
      THEN CASE WHEN NOT q_distance IS NULL THEN 17 WHEN NOT q_amount IS NULL THEN 18 ELSE 16 END
      WHEN 6
      THEN CASE WHEN NOT q_distance IS NULL THEN 20 WHEN NOT q_rides IS NULL THEN 21 ELSE 19 END
      WHEN 7
      THEN 23
      WHEN 8
      THEN 25
      WHEN 9
      THEN CASE WHEN NOT q_steps IS NULL THEN 27 ELSE 26 END
      WHEN 10
      THEN 29
      WHEN 11
      THEN 31
      WHEN 12
      THEN 33
      WHEN 13
      THEN 35
      WHEN 14
      THEN 37
      WHEN 15
      THEN 39
      WHEN 16
      THEN 41
      WHEN 17
      THEN 43
      WHEN 18
      THEN 45
      WHEN 19
      THEN 47
      WHEN 20
      THEN 49
      WHEN 21
      THEN 51
    END AS q_branch
  FROM fared
), slotted AS (
  SELECT
    branched.*,
    CASE
      WHEN q_period IS NULL
      THEN 0
      WHEN q_branch = -1
      THEN q_fare_slot
      ELSE 1 + (
        q_branch * 13 + q_place
      ) * 2 + q_period
    END AS q_slot
  FROM branched
), priced AS (
  SELECT
    slotted.*,
    rate_slot.rate_id,
    rate_slot.activity_source,
    rate_slot.input_max AS q_input_max,
    rate_slot.constant AS q_constant,
    rate_slot.numerator AS q_numerator,
    rate_slot.denominator AS q_denominator,
    rate_slot.max_mg AS q_max_mg,
    rate_slot.milli_constant AS q_milli_constant,
    rate_slot.milli_numerator AS q_milli_numerator,
    rate_slot.milli_denominator AS q_milli_denominator,
    rate_slot.max_milli AS q_max_milli,
    rate_slot.milli_per_points AS q_milli_per_points,
    rate_slot.points AS q_points,
    rate_slot.points_max AS q_points_max,
    rate_slot.max_energy AS q_max_energy,
    rate_slot.gives_carbon AS q_gives_carbon,
    CASE rate_slot.input
      WHEN 1
      THEN q_distance
      WHEN 3
      THEN q_rides
      WHEN 0
      THEN q_amount
      WHEN 2
      THEN q_electricity
      WHEN 4
      THEN q_steps
      ELSE 1
    END AS q_input
  FROM slotted
  JOIN rate_slot
    ON rate_slot.slot = slotted.q_slot
), summed AS (
  SELECT
    priced.*,
    q_input > q_input_max AS q_cut,
    q_constant + q_numerator * LEAST(q_input, q_input_max) AS q_mg,
    q_milli_constant + q_milli_numerator * LEAST(q_input, q_input_max) AS q_milli
  FROM priced
), rounded AS (
  SELECT
    summed.*,
    CAST(CASE
      WHEN q_cut
      THEN q_max_milli
      ELSE (
        q_milli // q_milli_denominator
      ) + CASE
        WHEN 2 * ABS(q_milli % q_milli_denominator) > q_milli_denominator
        OR (
          2 * ABS(q_milli % q_milli_denominator) = q_milli_denominator
          AND (
            q_milli // q_milli_denominator
          ) % 2 <> 0
        )
        THEN CASE WHEN q_milli < 0 THEN -1 ELSE 1 END
        ELSE 0
      END
    END AS BIGINT) AS quantity_milli,
    CAST(CASE
      WHEN q_cut
      THEN q_max_mg
      ELSE (
        q_mg // q_denominator
      ) + CASE
        WHEN 2 * ABS(q_mg % q_denominator) > q_denominator
        OR (
          2 * ABS(q_mg % q_denominator) = q_denominator
          AND (
            q_mg // q_denominator
          ) % 2 <> 0
        )
        THEN CASE WHEN q_mg < 0 THEN -1 ELSE 1 END
        ELSE 0
      END
    END AS BIGINT) AS raw_mg
  FROM summed
)
SELECT
  rounded.*
  EXCLUDE (q_text_distance_m, q_text_ride_count, q_text_vehicle, q_text_electricity_wh, q_text_steps, q_distance, q_rides, q_amount, q_electricity, q_steps, q_period, q_place, q_fare_slot, q_branch, q_slot, q_input_max, q_constant, q_numerator, q_denominator, q_max_mg, q_milli_constant, q_milli_numerator, q_milli_denominator, q_max_milli, q_milli_per_points, q_points, q_points_max, q_max_energy, q_gives_carbon, q_input, q_cut, q_mg, q_milli),
  CASE WHEN q_gives_carbon THEN GREATEST(raw_mg, 0) ELSE 0 END AS carbon_mg,
  CAST(CASE
    WHEN q_milli_per_points = 0
    THEN LEAST(q_points, q_points_max)
    WHEN q_cut
    THEN q_max_energy
    ELSE LEAST(q_points_max, q_points * GREATEST(q_milli // q_milli_per_points, 0))
  END AS INT) AS energy
FROM rounded
