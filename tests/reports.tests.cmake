hwcost_test(graph)
