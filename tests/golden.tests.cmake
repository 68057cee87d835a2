# Every golden table against the description that it checks, through the command itself.
function(hwcost_golden table description)
  add_test(NAME Golden.${table}.${description}
    COMMAND hwcost_command verify ${CMAKE_CURRENT_SOURCE_DIR}/golden/${table}.csv --hw ${description})
endfunction()

if(TARGET hwcost_command)
  foreach(description IN ITEMS counts bit-ops memory-access)
    hwcost_golden(counts ${description})
    hwcost_golden(counts_channel_split ${description})
  endforeach()
  hwcost_golden(mpic mpic)
  hwcost_golden(mpic_channel_split mpic)
  hwcost_golden(gap8 gap8)
  hwcost_golden(diana diana)
  hwcost_golden(seeds_worked_examples counts-notebook)
endif()
