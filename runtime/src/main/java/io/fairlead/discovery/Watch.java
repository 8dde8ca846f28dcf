package io.fairlead.discovery;

/** A subscription. After {@link #close} has returned no further notice begins. */
public interface Watch extends AutoCloseable {
  @Override
  void close();
}
