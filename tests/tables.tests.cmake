# Layers, layer tables, assignments and the IR as JSON.
hwcost_test(layer)
