package io.fairlead.balance;

/** Makes balancers of one name; found by ServiceLoader, or given to {@link Balancers#register}. */
public interface BalancerFactory {
  /** Returns the name by which contracts and settings ask for it, e.g. {@code "least_request"}. */
  String name();

  /**
   * Makes one for a channel.
   *
   * @param config its parameters; it reads each that it knows, and the caller refuses the rest
   * @throws IllegalArgumentException if one is out of range
   */
  Balancer create(BalancerConfigReader config);
}
