/** Tests of forwarded calls. */
@NullMarked
package io.fairlead.gateway.internal.proxy;

import org.jspecify.annotations.NullMarked;
