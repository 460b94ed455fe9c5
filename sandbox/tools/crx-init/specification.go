package main

// What the host says of the pod: already resolved, so that the machine needs no Kubernetes.
// pacific_infra/sandbox/crx/pod_specification.py writes it.

type podSpecification struct {
	Name           string                   `json:"name"`
	Namespace      string                   `json:"namespace"`
	UID            string                   `json:"uid"`
	Hostname       string                   `json:"hostname"`
	Hosts          string                   `json:"hosts"`
	Resolver       string                   `json:"resolver"`
	Address        string                   `json:"address"`
	Prefix         int                      `json:"prefix"`
	Gateway        string                   `json:"gateway"`
	RestartPolicy  string                   `json:"restartPolicy"`
	Grace          float64                  `json:"grace"`
	Volumes        []volumeSpecification    `json:"volumes"`
	InitContainers []containerSpecification `json:"initContainers"`
	Containers     []containerSpecification `json:"containers"`
}

type volumeSpecification struct {
	Name string `json:"name"`
	// Files of a ConfigMap, Secret or the like; none for an empty volume.
	Files    []volumeFile `json:"files"`
	Writable bool         `json:"writable"`
	// Serial number of the disk that holds it; empty for one in memory.
	Disk string `json:"disk"`
	// Bytes of a volume in memory; 0: as much as there is.
	Size  int64 `json:"size"`
	Group *int  `json:"group"`
}

type volumeFile struct {
	Path    string `json:"path"`
	Content []byte `json:"content"`
	Mode    uint32 `json:"mode"`
}

type containerSpecification struct {
	Name string `json:"name"`
	// Serial numbers of the disks with the image's layers, the lowest first.
	Layers         []string      `json:"layers"`
	Command        []string      `json:"command"`
	Environment    []string      `json:"environment"`
	Directory      string        `json:"directory"`
	User           string        `json:"user"`
	Groups         []int         `json:"groups"`
	NotRoot        bool          `json:"notRoot"`
	ReadOnlyRoot   bool          `json:"readOnlyRoot"`
	NoNewPrivilege bool          `json:"noNewPrivileges"`
	Capabilities   []string      `json:"capabilities"`
	Memory         int64         `json:"memory"`
	Millicores     int64         `json:"millicores"`
	Processes      int64         `json:"processes"`
	Mounts         []volumeMount `json:"mounts"`
	Terminal       bool          `json:"terminal"`
	Sidecar        bool          `json:"sidecar"`
	Restarts       int           `json:"restarts"`
	Startup        *probe        `json:"startupProbe"`
	Liveness       *probe        `json:"livenessProbe"`
	Readiness      *probe        `json:"readinessProbe"`
	AfterStart     *action       `json:"postStart"`
	BeforeStop     *action       `json:"preStop"`
	MessagePath    string        `json:"messagePath"`
	LogsAsMessage  bool          `json:"logsAsMessage"`
	// Set where the container is a virtual machine: there is no command then.
	Guest *guestSpecification `json:"guest"`
}

type volumeMount struct {
	Volume   string `json:"volume"`
	Path     string `json:"path"`
	SubPath  string `json:"subPath"`
	ReadOnly bool   `json:"readOnly"`
}

// One of them is set. Ports are numbers.
type action struct {
	Exec  []string    `json:"exec"`
	HTTP  *httpAction `json:"http"`
	TCP   *tcpAction  `json:"tcp"`
	Sleep float64     `json:"sleep"`
}

type httpAction struct {
	Scheme  string      `json:"scheme"`
	Host    string      `json:"host"`
	Port    int         `json:"port"`
	Path    string      `json:"path"`
	Headers [][2]string `json:"headers"`
}

type tcpAction struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// Times in seconds.
type probe struct {
	action
	Delay     float64 `json:"delay"`
	Period    float64 `json:"period"`
	Timeout   float64 `json:"timeout"`
	Successes int     `json:"successes"`
	Failures  int     `json:"failures"`
}

// What a container does now, as the host passes it on to Spherelet.
type containerState struct {
	Name     string  `json:"name"`
	State    string  `json:"state"`
	Reason   string  `json:"reason"`
	Message  string  `json:"message"`
	Started  float64 `json:"startedAt,omitempty"`
	Finished float64 `json:"finishedAt,omitempty"`
	ExitCode int     `json:"exitCode"`
	Ready    bool    `json:"ready"`
	Restarts int     `json:"restartCount"`
}
