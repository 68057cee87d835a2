# Timing, and the store of measurements.
if(TARGET hwcost_measure)
  hwcost_test(timing hwcost::measure)
endif()
