// The modules whose .proto files the tests of the profile "corpus" read. main.go uses none of them.
module corpus

go 1.26.0

require (
	cel.dev/expr v0.25.2
	cloud.google.com/go/iam v1.15.1
	cloud.google.com/go/longrunning v1.5.0
	github.com/cncf/xds/go v0.0.0-20260202195803-dba9d589def2
	github.com/containerd/containerd/api v1.12.0
	github.com/envoyproxy/go-control-plane/envoy v1.40.0
	github.com/envoyproxy/protoc-gen-validate v1.3.3
	github.com/nexus-rpc/nexus-proto-annotations v0.1.0
	github.com/prometheus/client_model v0.6.3
	github.com/yandex-cloud/go-genproto v0.137.0
	go.opentelemetry.io/proto/otlp v1.11.0
	go.temporal.io/api v1.64.3
	google.golang.org/genproto v0.0.0-20261012220534-4341edf3f941
	google.golang.org/genproto/googleapis/api v0.0.0-20261012220534-4341edf3f941
	google.golang.org/genproto/googleapis/rpc v0.0.0-20261012220534-4341edf3f941
	google.golang.org/protobuf v1.36.12
	k8s.io/cri-api v0.37.2
)
