/** Mutual TLS with certificates that are replaced while they are used. */
@NullMarked
package io.fairlead.samples.secure;

import org.jspecify.annotations.NullMarked;
