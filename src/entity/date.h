/*
 * Dates: the pattern and the calendar, for date and date-of-birth.
 */
#ifndef CHAPERONE_ENTITY_DATE_H
#define CHAPERONE_ENTITY_DATE_H

#include "entity/kinds.h"

#define CH_MONTHS_LONG                                                         \
    "january|february|march|april|may|june|july|august|september|october|"     \
    "november|december|enero|febrero|marzo|abril|mayo|junio|julio|agosto|"     \
    "septiembre|setiembre|octubre|noviembre|diciembre"
/* "ago" and "set" are words of their own and only stand between numbers. */
#define CH_MONTHS                                                              \
    "(?:" CH_MONTHS_LONG "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|ene|" \
    "abr|dic)"
#define CH_ORDINAL_WORDS                                                       \
    "(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|"     \
    "eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|"  \
    "eighteenth|nineteenth|twentieth|thirtieth|twenty[- ](?:first|second|"     \
    "third|fourth|fifth|sixth|seventh|eighth|ninth)|thirty[- ]first)"

#define CH_DATE_END "(?![a-z0-9_%]|[-/][0-9]|[.,][0-9]|:[0-9])"
/* Month and day in either order, month names of both languages; a month with
 * a day or a year; a day of a month without year behind a word for a day. */
#define CH_DATE_PATTERN                                                        \
    CH_LEFT                                                                    \
    "(?:[0-9]{1,2}(?<d> ?[-/.] ?)[0-9]{1,2}\\k<d>(?:[0-9]{4}|[0-9]{2})"        \
    "|(?:19|20)[0-9]{2}(?<e>[-/.])[0-9]{1,2}\\k<e>[0-9]{1,2}"                  \
    "(?:t[0-9]{2}:[0-9]{2}(?::[0-9]{2})?z?)?"                                  \
    "|[0-9]{1,2}(?:st|nd|rd|th|o|\\.o)?(?: ?- ?|/| |,| day)?"                  \
    " ?(?:de |of |del mes de )?(?:" CH_MONTHS "|ago|set)\\.?"                  \
    "(?:(?: ?- ?|/|,? (?:de |del )?(?:año )?)(?:[0-9]{4}|'?[0-9]{2}))?"       \
    "|(?:" CH_ORDINAL_WORDS "|primero|uno) (?:day )?(?:of|de) " CH_MONTHS      \
    "(?:,? (?:de |del )?[0-9]{4})?)" CH_DATE_END "|(?<![a-z0-9_-])" CH_MONTHS  \
    "(?:\\.|,| the)?(?: |-|/)?(?:[0-9]{1,2}(?:st|nd|rd|th)?"                   \
    "(?:(?:,| of|,? de|-|/)? ?(?:[0-9]{4}|'[0-9]{2})|(?:-|/)[0-9]{2})?"        \
    "|(?:of |de |del )?(?:19|20)[0-9]{2})" CH_DATE_END                         \
    "(?! ?(?:miles?|km|k|people|patients|minutes|hours|steps|percent|"         \
    "million)(?![a-z]))"                                                       \
    "|(?<![a-z0-9_-])(?:january|february|march|april|june|july|august|"        \
    "september|october|november|december) (?:the )?" CH_ORDINAL_WORDS          \
    "(?:,? [0-9]{4})?(?![a-z0-9_-])"                                           \
    "|(?<![a-z0-9_-])(?:on|since|until|till|dated|admitted|discharged|"        \
    "seen|el|dia|desde|hasta|fecha|date|(?:mon|tues|wednes|thurs|fri|satur|"   \
    "sun)day|lunes|martes|miercoles|jueves|viernes|sabado|domingo),?:? "       \
    "(?:el |dia |on )?[0-9]{1,2}/[0-9]{1,2}"                                   \
    "(?![a-z0-9_%/]|[.,:-][0-9]| (?:of|de) )"

/* Whether the hit is a day of the calendar and no version or fraction; leaves
 * the leading word ("on 3/14") out of the span. */
gboolean ch_date_accept(const ch_entity_text *in, ch_span *span);

#endif
