/** Which calls a server takes: limits, the queue for a permit, and the adaptive limit. */
@NullMarked
package io.fairlead.server.internal.admission;

import org.jspecify.annotations.NullMarked;
