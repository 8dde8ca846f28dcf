/**
 * The life of a server: bind, become ready, register, serve, drain, deregister and stop.
 *
 * <p>{@link io.fairlead.server.internal.lifecycle.ServerLifecycle} takes the steps up, {@link
 * io.fairlead.server.internal.lifecycle.GracefulShutdown} those down. Each step is logged and kept
 * in the history. Every wait has a bound, and every clock is injected, so that tests take no time.
 *
 * <p>Starting and closing run on threads of the application. Readiness checks run on handler
 * threads, started by the timer of the server.
 */
@NullMarked
package io.fairlead.server.internal.lifecycle;

import org.jspecify.annotations.NullMarked;
