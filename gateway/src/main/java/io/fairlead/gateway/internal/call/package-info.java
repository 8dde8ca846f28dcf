/**
 * Calls that came by another protocol than gRPC, as the layers of a server see them; headers,
 * statuses and JSON for all of these protocols.
 */
@NullMarked
package io.fairlead.gateway.internal.call;

import org.jspecify.annotations.NullMarked;
