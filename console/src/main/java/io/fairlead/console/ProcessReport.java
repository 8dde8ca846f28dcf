package io.fairlead.console;

import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.Curve;
import io.fairlead.admin.v1.CurveStep;
import io.fairlead.admin.v1.ProcessState;
import io.fairlead.admin.v1.ServerState;
import io.fairlead.admin.v1.Setting;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a process said of itself last.
 *
 * @param state null if it does not answer, or has not yet
 * @param curves of the last seconds; empty if it keeps none
 * @param curvesProblem why there are no curves; null if there are
 * @param problem why there is no state; null if there is
 */
record ProcessReport(
    String address,
    @Nullable ProcessState state,
    List<Curve> curves,
    @Nullable Problem curvesProblem,
    @Nullable Problem problem) {

  /** Services about the server itself, whose calls are not the application's. */
  private static final List<String> OWN =
      List.of("fairlead.admin.", "grpc.health.", "grpc.reflection.", "grpc.channelz.", "xds.");

  static ProcessReport pending(String address) {
    Problem problem = new Problem(504, address + " has not answered yet");
    return new ProcessReport(address, null, List.of(), problem, problem);
  }

  static boolean isApplication(String method) {
    return OWN.stream().noneMatch(method::startsWith);
  }

  /** Returns the server that is registered as this endpoint. */
  Optional<ServerState> server(String service, String id) {
    return servers().stream()
        .filter(
            each ->
                each.getRegistration().getId().equals(id)
                    && each.getRegistration().getService().equals(service))
        .findFirst();
  }

  List<ServerState> servers() {
    return state == null ? List.of() : state.getServersList();
  }

  List<Setting> settings() {
    return state == null ? List.of() : state.getSettingsList();
  }

  /** Returns what stands for it in a graph: the services that it serves, or else its name. */
  String name() {
    List<String> services =
        servers().stream()
            .map(each -> each.getRegistration().getService())
            .filter(each -> !each.isEmpty())
            .distinct()
            .sorted()
            .toList();
    if (!services.isEmpty()) {
      return String.join("+", services);
    }
    List<String> names =
        servers().stream().map(ServerState::getName).filter(each -> !each.isEmpty()).toList();
    return names.isEmpty() ? address : names.get(0);
  }

  /** Adds up the application's calls that were served in the last seconds. */
  Traffic served() {
    Traffic traffic = new Traffic();
    for (Curve curve : curves) {
      if (curve.getSide() == Call.Side.SERVER && isApplication(curve.getMethod())) {
        traffic.add(curve);
      }
    }
    return traffic;
  }

  /** Calls of the last seconds, added up over methods and processes. */
  static final class Traffic {
    private long calls;
    private long failures;
    private int steps;
    private double p50;
    private double p90;
    private double p99;
    private double p999;
    private long inFlight;
    private final SortedMap<String, Long> rejected = new TreeMap<>();

    void add(Curve curve) {
      steps = Math.max(steps, curve.getStepsCount());
      for (CurveStep step : curve.getStepsList()) {
        calls += step.getCalls();
        failures += step.getFailures();
        p50 = Math.max(p50, finite(step.getP50()));
        p90 = Math.max(p90, finite(step.getP90()));
        p99 = Math.max(p99, finite(step.getP99()));
        p999 = Math.max(p999, finite(step.getP999()));
        step.getRejectedMap().forEach((reason, count) -> rejected.merge(reason, count, Long::sum));
      }
      if (curve.getStepsCount() > 0) {
        inFlight += curve.getSteps(curve.getStepsCount() - 1).getInFlight();
      }
    }

    void add(Traffic other) {
      steps = Math.max(steps, other.steps);
      calls += other.calls;
      failures += other.failures;
      p50 = Math.max(p50, other.p50);
      p90 = Math.max(p90, other.p90);
      p99 = Math.max(p99, other.p99);
      p999 = Math.max(p999, other.p999);
      inFlight += other.inFlight;
      other.rejected.forEach((reason, count) -> rejected.merge(reason, count, Long::sum));
    }

    /** A call that took longer than the longest bucket has no bound. */
    static double finite(double seconds) {
      return Double.isFinite(seconds) ? seconds : 3_600;
    }

    /** Returns the calls in a second. */
    double rate() {
      return steps == 0 ? 0 : (double) calls / steps;
    }

    /** Returns the share that failed. */
    double failures() {
      return calls == 0 ? 0 : (double) failures / calls;
    }

    /** Returns the highest of the steps' figures, over all methods and processes. */
    double p50() {
      return p50;
    }

    /** Returns the calls that were under way at the end of the last step. */
    long inFlight() {
      return inFlight;
    }

    long rejectedCalls() {
      return rejected.values().stream().mapToLong(each -> each).sum();
    }

    /** Returns how many calls admission rejected, by reason. */
    SortedMap<String, Long> rejected() {
      return rejected;
    }

    double p90() {
      return p90;
    }

    double p99() {
      return p99;
    }

    double p999() {
      return p999;
    }
  }
}
