package io.fairlead.client;

import io.fairlead.RpcException;
import org.jspecify.annotations.Nullable;

/** Gives an answer in place of a failure. */
@FunctionalInterface
public interface Rescue<Q, R> {
  /** The answer, or null to let the failure through. */
  @Nullable R answer(Q request, RpcException failure);
}
