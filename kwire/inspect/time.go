package inspect

// appendTime appends a time as RFC 3339 in UTC, with milliseconds if there are any. Package time
// would double what this package costs a web page. ok is false for years outside of 1 to 9999.
func appendTime(dst []byte, ms int64) (out []byte, ok bool) {
	const dayMs = 24 * 60 * 60 * 1000
	days, left := ms/dayMs, ms%dayMs
	if left < 0 {
		days, left = days-1, left+dayMs
	}
	if days < -719162 || days > 2932896 { // 0001-01-01, 9999-12-31
		return dst, false
	}
	year, month, day := civil(int(days))
	dst = digits(dst, year, 4)
	dst = digits(append(dst, '-'), month, 2)
	dst = digits(append(dst, '-'), day, 2)
	sec := int(left / 1000)
	dst = digits(append(dst, 'T'), sec/3600, 2)
	dst = digits(append(dst, ':'), sec/60%60, 2)
	dst = digits(append(dst, ':'), sec%60, 2)
	if left%1000 != 0 {
		dst = digits(append(dst, '.'), int(left%1000), 3)
	}
	return append(dst, 'Z'), true
}

//go:noinline
func digits(dst []byte, v, width int) []byte {
	for div := pow10(width - 1); div > 0; div /= 10 {
		dst = append(dst, byte('0'+v/div%10))
	}
	return dst
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// civil turns days since 1970-01-01 into a date of the Gregorian calendar. It counts in years that
// begin in March, so that the leap day is the last of its year.
func civil(days int) (year, month, day int) {
	const daysPer400Years = 146097
	days += 719468 // days from 0000-03-01 to 1970-01-01
	era := days / daysPer400Years
	if days < 0 {
		era = (days - daysPer400Years + 1) / daysPer400Years
	}
	ofEra := days - era*daysPer400Years
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	march := (5*ofYear + 2) / 153
	day = ofYear - (153*march+2)/5 + 1
	month = march + 3
	year = era*400 + yearOfEra
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}
