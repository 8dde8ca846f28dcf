/**
 * Software that others wrote: built once from its own package manager, run as a process, and ended.
 *
 * <p>{@link io.fairlead.interop.peer.Peers} names it, a {@link io.fairlead.interop.peer.Peer} is
 * what can be run, a {@link io.fairlead.interop.peer.Program} is one run.
 */
@NullMarked
package io.fairlead.interop.peer;

import org.jspecify.annotations.NullMarked;
