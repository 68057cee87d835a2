# Layers, layer tables, assignments and the IR as JSON.
hwcost_test(layer)
hwcost_test(layer_table hwcost::table)
hwcost_test(assignment_table hwcost::table)
hwcost_test(table_fuzz hwcost::table)
hwcost_test(assignment)
