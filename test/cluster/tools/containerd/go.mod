module holystone.dev/test/cluster/tools/containerd

go 1.26.0
