// The init of a CRX machine: a small container runtime. Standard library only, so there is no go.sum.
module pacific-infra/tools/crx-init

go 1.22
