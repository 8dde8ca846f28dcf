package io.fairlead.client.internal;

import io.fairlead.RpcException;
import org.jspecify.annotations.Nullable;

/** Gives an answer in place of a failure. */
@FunctionalInterface
public interface Fallback<Q, R> {
  /** The answer, or null to let the failure through. */
  @Nullable R apply(Q request, RpcException failure);
}
