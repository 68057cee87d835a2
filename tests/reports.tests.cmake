hwcost_test(graph)
hwcost_test(evaluate)
