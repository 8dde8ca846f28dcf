/** Policies, each before and after. */
@NullMarked
package io.fairlead.samples.policies;

import org.jspecify.annotations.NullMarked;
