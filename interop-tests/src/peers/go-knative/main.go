// Prints what Knative's own autoscaler decides, as a table that scaling's KnativeTableTest compares our rule with:
//
//	go run . >../../../../scaling/src/test/resources/io/fairlead/scaling/knative.tsv
//
// A row is a course, the load and the ready pods at a tick of two seconds, and the pods that are wanted.
package main

import (
	"fmt"
	"math"
	"math/rand"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/zap"
	"k8s.io/apimachinery/pkg/types"
	"knative.dev/serving/pkg/apis/autoscaling"
	"knative.dev/serving/pkg/autoscaler/scaling"
)

const (
	tick    = 2 * time.Second
	ticks   = 120
	courses = 12
	target  = 10
)

// The means over a minute and over six seconds, as Knative's own buckets have them.
type history struct{ loads []float64 }

func (h *history) mean(count int) float64 {
	from := max(0, len(h.loads)-count)
	sum := 0.0
	for _, load := range h.loads[from:] {
		sum += load
	}
	return sum / float64(len(h.loads)-from)
}

func (h *history) StableAndPanicConcurrency(types.NamespacedName, time.Time) (float64, float64, error) {
	return h.mean(30), h.mean(3), nil
}

func (h *history) StableAndPanicRPS(types.NamespacedName, time.Time) (float64, float64, error) {
	return h.mean(30), h.mean(3), nil
}

type pods struct{ ready int }

func (p *pods) ReadyCount() (int, error)    { return p.ready, nil }
func (p *pods) NotReadyCount() (int, error) { return 0, nil }

func main() {
	random := rand.New(rand.NewSource(1))
	fmt.Println("# course\tload\tready\twant: Knative's own autoscaler, written by interop-tests/src/peers/go-knative")
	for course := range courses {
		h := &history{}
		p := &pods{ready: course % 6}
		load := float64(10 * (course % 6))
		base := time.Now()
		scaler := scaling.New(attribute.NewSet(), noop.NewMeterProvider(), "shop", "inventory", h, p, &scaling.DeciderSpec{
			MaxScaleUpRate:      1000,
			MaxScaleDownRate:    2,
			ScalingMetric:       autoscaling.Concurrency,
			TargetValue:         target,
			TotalValue:          target / 0.7,
			TargetBurstCapacity: 211,
			PanicThreshold:      2,
			StableWindow:        time.Minute,
			Reachable:           true,
		})
		wanted := make([]int, 0, ticks)
		for i := range ticks {
			switch random.Intn(25) {
			case 0:
				load *= 4
			case 1:
				load /= 4
			case 2:
				load = 0
			case 3:
				load = float64(random.Intn(400))
			default:
				load = math.Max(0, load+float64(random.Intn(21)-10))
			}
			load = math.Round(math.Min(load, 2000))
			h.loads = append(h.loads, load)
			// Pods are ready five ticks after they were wanted.
			if i >= 5 {
				p.ready = wanted[i-5]
			}
			result := scaler.Scale(zap.NewNop().Sugar(), base.Add(time.Duration(i)*tick))
			wanted = append(wanted, int(result.DesiredPodCount))
			fmt.Printf("%d\t%g\t%d\t%d\n", course, load, p.ready, result.DesiredPodCount)
		}
	}
}
