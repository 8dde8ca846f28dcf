/**
 * Contracts as generated code describes them: services, methods and their policies.
 *
 * <p>Stable: code generated for an older level goes on working.
 */
@NullMarked
package io.fairlead.contract;

import org.jspecify.annotations.NullMarked;
