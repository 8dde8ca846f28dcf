package io.fairlead.scaling;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Decides how many instances a service needs. A pure function: the same history and time give the
 * same decision, so a decider that was restarted, or replaced by another, decides the same.
 */
@FunctionalInterface
public interface ScalingRule {
  /** How much history the rules of this package look at. Older samples may be dropped. */
  Duration HISTORY = Duration.ofMinutes(15);

  /**
   * Decides.
   *
   * @param history samples in the order of their time; the last one is the present, and there is at
   *     least one
   * @param now the present time
   */
  ScalingDecision decide(List<LoadSample> history, Instant now);

  /**
   * Returns the rule of this library: ⌈load / capacity⌉, hardened as {@link ScalingPolicy} says.
   */
  static ScalingRule of(ScalingPolicy policy) {
    return new CapacityRule(policy);
  }

  /**
   * Returns a rule that decides as the Horizontal Pod Autoscaler of Kubernetes does by default, for
   * a metric with a target of {@code AverageValue}: tolerance 0.1, at most a doubling or four more
   * in 15 s, the highest of 300 s when it shrinks. Capacity, minimum and maximum are those of the
   * policy; nothing else of it counts. To be asked every 15 s.
   */
  static ScalingRule horizontalPodAutoscaler(ScalingPolicy policy) {
    return new HorizontalPodAutoscalerRule(policy);
  }

  /**
   * Returns a rule that decides as Knative's autoscaler does by default: a stable window of 60 s, a
   * panic window of 6 s, panic at twice what is ready, at most a halving at a time. Capacity,
   * minimum and maximum are those of the policy. To be asked every 2 s.
   */
  static ScalingRule knative(ScalingPolicy policy) {
    return new KnativeRule(policy);
  }

  /**
   * Returns a rule as target tracking of AWS is described: it grows when the load of an instance
   * was above the capacity for three minutes, and shrinks when it was below nine tenths of it for
   * fifteen. Capacity, minimum and maximum are those of the policy. To be asked every minute.
   */
  static ScalingRule targetTracking(ScalingPolicy policy) {
    return new TargetTrackingRule(policy);
  }
}
