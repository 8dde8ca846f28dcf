/**
 * Calls to services of other processes: where their contracts come from, and how calls get there.
 */
@NullMarked
package io.fairlead.gateway.internal.proxy;

import org.jspecify.annotations.NullMarked;
