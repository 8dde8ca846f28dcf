/**
 * Circuit breakers: refuse calls to what fails too often, and find out by probes when it is well
 * again. One class for each state. They know neither gRPC nor a clock: time is given to them.
 */
@NullMarked
package io.fairlead.client.internal.breaker;

import org.jspecify.annotations.NullMarked;
