module pacific-infra/tools/vm-operator

go 1.22

require github.com/vmware-tanzu/vm-operator v1.10.0
